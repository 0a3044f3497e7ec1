//! The constant `object` member, by which a client tells objects apart.

/// Makes a type with one value, written as `word`.
#[macro_export]
macro_rules! object_tag {
    ($(#[doc = $doc:literal])* $name:ident = $word:literal) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, Default)]
        pub struct $name;

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($word)
            }
        }

        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::Schema> {
                ::utoipa::openapi::ObjectBuilder::new()
                    .schema_type(::utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$word]))
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

/// Makes the description of an answer that has two shapes: one with a server key and one with a client key. Nothing has this
/// type; it stands in descriptions only.
#[macro_export]
macro_rules! by_key {
    ($(#[doc = $doc:literal])* $name:ident = $server:ty | $client:ty) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::Schema> {
                // Not oneOf: an empty list is the same in both.
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
