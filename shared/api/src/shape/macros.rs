//! The code that is generated for each resource.
//!
//! These are macros because `utoipa` needs a concrete type with its own schema name for each response, and a function with
//! literal paths, tags and texts for each operation. Generics can give it neither. Everything that is not a name or a text
//! is in the generic functions of [`shape`](crate::shape).

/// Defines the responses with one object under its singular name and with a page under the plural.
#[macro_export]
macro_rules! envelope {
    ($row:ty => $object:ident, $singular:ident, $plural:ident, $One:ident, $Many:ident) => {
        /// One object.
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $One {
            $singular: $object,
        }

        impl From<&$row> for $One {
            fn from(row: &$row) -> Self {
                Self { $singular: row.into() }
            }
        }

        /// A page of objects.
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $Many {
            object: $crate::wire::ListTag,
            /// Whether more pages may follow.
            has_more: bool,
            /// The `cursor` of the next page. `null` on the last page.
            #[schema(required)]
            next_cursor: Option<String>,
            $plural: Vec<$object>,
        }

        impl From<$crate::shape::Page<$row>> for $Many {
            fn from(page: $crate::shape::Page<$row>) -> Self {
                Self {
                    object: $crate::wire::ListTag,
                    has_more: page.next_cursor.is_some(),
                    next_cursor: page.next_cursor,
                    $plural: page.rows.iter().map($object::from).collect(),
                }
            }
        }
    };
}

/// Defines the five operations of a resource that implements [`Shape`]($crate::shape::Shape), and its responses.
#[macro_export]
macro_rules! resource {
    (
        $Fields:ident as $Object:ident, $singular:ident, $plural:ident,
        path = $path:tt, item = $item:tt, id = $id:tt, tag = $tag:tt, read = $Read:ident, write = $Write:ident,
        one = $one:tt, many = $many:tt, create = $Create:ident, update = $Update:ident,
        delete = $delete:tt,
    ) => {
        $crate::paste! {
            $crate::envelope!(
                $crate::domain::Resource<$Fields> => $Object, $singular, $plural, [<$Fields Response>], [<$Fields ListResponse>]
            );

            impl $crate::shape::Envelope for $Object {
                type One = [<$Fields Response>];
                type Many = [<$Fields ListResponse>];
            }

            #[doc = "List " $many]
            ///
            #[doc = "Lists " $many ", oldest first, without archived ones."]
            #[utoipa::path(
                get,
                path = $path,
                tag = $tag,
                params($crate::shape::ListQuery),
                responses((status = 200, description = "A page of resources", body = [<$Fields ListResponse>])),
            )]
            pub async fn [<list_ $plural>](
                caller: $crate::Caller<$crate::scope::$Read>,
                $crate::ApiQuery(query): $crate::ApiQuery<$crate::shape::ListQuery>,
            ) -> $crate::Reply {
                $crate::shape::list::<$Object, _>(&caller, &query).await
            }

            #[doc = "Create " $one]
            ///
            #[doc = "Creates " $one ". A workspace can have at most 1,000 " $many "."]
            #[utoipa::path(
                post,
                path = $path,
                tag = $tag,
                request_body = $Create,
                responses(
                    (status = 201, description = "The new resource", body = [<$Fields Response>], headers(
                        ("Location" = String, description = "The path of the new resource"),
                        ("ETag" = String, description = "The version"),
                        ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
                    )),
                    (status = 409, description = "The workspace already has 1,000 of these resources, or another member has this email address", body = inline($crate::ProblemDocument), content_type = "application/problem+json"),
                ),
            )]
            pub async fn [<create_ $singular>](
                caller: $crate::Caller<$crate::scope::$Write>,
                $crate::ApiQuery($crate::NoParameters {}): $crate::ApiQuery<$crate::NoParameters>,
                request: $crate::Idempotent<$Create>,
            ) -> $crate::Reply {
                $crate::shape::create::<$Object, _>(&caller, request).await
            }

            #[doc = "Retrieve " $one]
            ///
            #[doc = "Returns " $one ", even if it is archived."]
            #[utoipa::path(
                get,
                path = $item,
                tag = $tag,
                params(($id = String, Path, format = "uuid", description = "The id")),
                responses(
                    (status = 200, description = "The resource", body = [<$Fields Response>], headers(
                        ("ETag" = String, description = "The version"),
                    )),
                ),
            )]
            pub async fn [<get_ $singular>](
                caller: $crate::Caller<$crate::scope::$Read>,
                id: $crate::ApiPath<<$Fields as $crate::domain::Collected>::Id>,
                $crate::ApiQuery($crate::NoParameters {}): $crate::ApiQuery<$crate::NoParameters>,
                _: $crate::IfNoneMatch,
            ) -> $crate::Reply {
                $crate::shape::get::<$Object, _>(&caller, id).await
            }

            #[doc = "Update " $one]
            ///
            /// Updates the fields that you send.
            #[utoipa::path(
                patch,
                path = $item,
                tag = $tag,
                params(($id = String, Path, format = "uuid", description = "The id")),
                request_body = $Update,
                responses(
                    (status = 200, description = "The updated resource", body = [<$Fields Response>], headers(
                        ("ETag" = String, description = "The version"),
                    )),
                    (status = 409, description = "The resource is archived, or another member has this email address", body = inline($crate::ProblemDocument), content_type = "application/problem+json"),
                ),
            )]
            pub async fn [<update_ $singular>](
                caller: $crate::Caller<$crate::scope::$Write>,
                id: $crate::ApiPath<<$Fields as $crate::domain::Collected>::Id>,
                $crate::ApiQuery($crate::NoParameters {}): $crate::ApiQuery<$crate::NoParameters>,
                expected: $crate::IfMatch,
                request: $crate::ApiJson<$crate::Patch<$Update>>,
            ) -> $crate::Reply {
                $crate::shape::update::<$Object, _>(&caller, id, expected, request).await
            }

            #[doc = "Delete " $one]
            ///
            #[doc = $delete]
            #[utoipa::path(
                delete,
                path = $item,
                tag = $tag,
                params(($id = String, Path, format = "uuid", description = "The id")),
                responses((status = 204, description = "The resource is deleted or archived")),
            )]
            pub async fn [<delete_ $singular>](
                caller: $crate::Caller<$crate::scope::$Write>,
                id: $crate::ApiPath<<$Fields as $crate::domain::Collected>::Id>,
                $crate::ApiQuery($crate::NoParameters {}): $crate::ApiQuery<$crate::NoParameters>,
                expected: $crate::IfMatch,
            ) -> $crate::Reply {
                $crate::shape::delete::<$Object, _>(&caller, id, expected).await
            }
        }
    };
}
