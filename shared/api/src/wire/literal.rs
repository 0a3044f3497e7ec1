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

/// Defines the OpenAPI schema of a response that has one shape for server keys and another for client keys. The type has no
/// values. A macro because a generic type would be named after its parameters in OpenAPI, and has no place for a description.
#[macro_export]
macro_rules! by_key {
    ($(#[doc = $doc:literal])* $name:ident = $server:ty | $client:ty) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::Schema> {
                // Not oneOf, because an empty list is valid for both shapes.
                ::utoipa::openapi::schema::AnyOfBuilder::new()
                    .item(::utoipa::openapi::Ref::from_schema_name(<$server as ::utoipa::ToSchema>::name()))
                    .item(::utoipa::openapi::Ref::from_schema_name(<$client as ::utoipa::ToSchema>::name()))
                    .description(Some(concat!($($doc),*).trim()))
                    .into()
            }
        }

        impl ::utoipa::ToSchema for $name {
            fn schemas(schemas: &mut Vec<(String, ::utoipa::openapi::RefOr<::utoipa::openapi::Schema>)>) {
                $crate::by_key!(@add schemas, $server);
                $crate::by_key!(@add schemas, $client);
            }
        }
    };
    (@add $schemas:ident, $shape:ty) => {
        $schemas.push((
            <$shape as ::utoipa::ToSchema>::name().into_owned(),
            <$shape as ::utoipa::PartialSchema>::schema(),
        ));
        <$shape as ::utoipa::ToSchema>::schemas($schemas);
    };
}
