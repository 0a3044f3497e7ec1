//! The constant `object` member, which identifies the type of an object.

/// Defines a type with one value, written as a constant string. A macro because a `&'static str` cannot be a const generic
/// parameter.
#[macro_export]
macro_rules! object_tag {
    ($(#[doc = $doc:literal])* $name:ident = $value:literal) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, Default)]
        pub struct $name;

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($value)
            }
        }

        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::Schema> {
                ::utoipa::openapi::ObjectBuilder::new()
                    .schema_type(::utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$value]))
                    .into()
            }
        }

        impl ::utoipa::ToSchema for $name {}
    };
}

object_tag!(
    /// `"list"`
    ListTag = "list"
);
object_tag!(
    /// `"message"`
    MessageTag = "message"
);
