//! The list of operations of a route group.

use axum::{Router, handler::Handler, routing::MethodRouter};
use utoipa::Path;
use utoipa_axum::PathItemExt;

/// Defines `router` and `description` of a route group from one list of operations, and `client_description` from the operations
/// of its customer view.
///
/// They are two functions because a Lambda function never needs the description, and building all its schemas would take longer
/// than the rest of a cold start. A macro because `utoipa` generates a type per operation, whose name is derived from the
/// operation's.
#[macro_export]
macro_rules! operations {
    ($($module:ident :: $operation:ident),+ $(,)? $(; client: $($client:ident)::+ $(, $($more:ident)::+)* $(,)?)?) => {
        /// Returns the routes of this group.
        pub fn router() -> $crate::Routes {
            let router = $crate::Routes::new();
            $(let router = $crate::paste! {
                $crate::route::<$module::[<__path_ $operation>], _, _, _>(router, $module::$operation)
            };)+
            router
        }

        /// Returns the OpenAPI description of this group.
        pub fn description() -> utoipa::openapi::OpenApi {
            #[derive(utoipa::OpenApi)]
            #[openapi(paths($($module::$operation),+))]
            struct Description;

            <Description as utoipa::OpenApi>::openapi()
        }

        $(
            /// Returns the OpenAPI description of this group for client keys.
            pub fn client_description() -> utoipa::openapi::OpenApi {
                #[derive(utoipa::OpenApi)]
                #[openapi(paths($($client)::+ $(, $($more)::+)*))]
                struct Description;

                <Description as utoipa::OpenApi>::openapi()
            }
        )?
    };
}

/// Adds an operation to a router, with the path and the methods of its OpenAPI description.
#[expect(clippy::needless_pass_by_value, reason = "handlers are passed by name")]
pub fn route<P, S, H, T>(router: Router<S>, handler: H) -> Router<S>
where
    P: Path,
    S: Clone + Send + Sync + 'static,
    H: Handler<T, S>,
    T: 'static,
{
    let methods = P::methods()
        .into_iter()
        .fold(MethodRouter::new(), |methods, method| methods.on(method.to_method_filter(), handler.clone()));
    router.route(&P::path(), methods)
}
