//! What has to be spelled for each resource, since the description wants concrete types and names.

/// Makes the answers with one object under its singular name and with a page under the plural.
#[macro_export]
macro_rules! envelope {
    ($row:ty => $object:ident, $singular:ident, $plural:ident, $One:ident, $Many:ident) => {
        /// One of them.
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

        /// A page of them.
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $Many {
            object: $crate::wire::ListTag,
            /// Whether there may be more.
            has_more: bool,
            /// What to send as `cursor` for the next page; null on the last one.
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

/// Makes the five operations of a resource that implements [`Shape`]($crate::shape::Shape), and its answers.
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
            /// Oldest first, without those that are archived.
            #[utoipa::path(
                get,
                path = $path,
                tag = $tag,
                params($crate::shape::ListQuery),
                responses((status = 200, description = "A page", body = [<$Fields ListResponse>])),
            )]
            pub async fn [<list_ $plural>](
                caller: $crate::Caller<$crate::scope::$Read>,
                $crate::ApiQuery(query): $crate::ApiQuery<$crate::shape::ListQuery>,
            ) -> $crate::Reply {
                $crate::shape::list::<$Object, _>(&caller, &query).await
            }

            #[doc = "Create " $one]
            ///
            /// A workspace has at most 1,000 of a kind.
            #[utoipa::path(
                post,
                path = $path,
                tag = $tag,
                request_body = $Create,
                responses(
                    (status = 201, description = "Created", body = [<$Fields Response>], headers(
                        ("Location" = String, description = "Where it is"),
                        ("ETag" = String, description = "Its version"),
                        ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
                    )),
                    (status = 409, description = "There are too many", body = inline($crate::ProblemDocument), content_type = "application/problem+json"),
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
            #[utoipa::path(
                get,
                path = $item,
                tag = $tag,
                params(($id = String, Path, format = "uuid", description = "Its id")),
                responses(
                    (status = 200, description = "It is there, perhaps archived", body = [<$Fields Response>], headers(
                        ("ETag" = String, description = "Its version"),
                    )),
                ),
            )]
            pub async fn [<get_ $singular>](
                caller: $crate::Caller<$crate::scope::$Read>,
                id: $crate::ApiPath<<$Fields as $crate::domain::Collected>::Id>,
                $crate::ApiQuery($crate::NoParameters {}): $crate::ApiQuery<$crate::NoParameters>,
                known: $crate::IfNoneMatch,
            ) -> $crate::Reply {
                $crate::shape::get::<$Object, _>(&caller, id, &known).await
            }

            #[doc = "Change " $one]
            #[utoipa::path(
                patch,
                path = $item,
                tag = $tag,
                params(($id = String, Path, format = "uuid", description = "Its id")),
                request_body = $Update,
                responses(
                    (status = 200, description = "It as it is now", body = [<$Fields Response>], headers(
                        ("ETag" = String, description = "Its version"),
                    )),
                    (status = 409, description = "It is archived", body = inline($crate::ProblemDocument), content_type = "application/problem+json"),
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
                params(($id = String, Path, format = "uuid", description = "Its id")),
                responses((status = 204, description = "Deleted")),
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
