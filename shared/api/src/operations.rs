//! A group's operations, listed once.

use axum::{Router, handler::Handler, routing::MethodRouter};
use utoipa::Path;
use utoipa_axum::PathItemExt;

/// Makes a group's `router` and its `description` of one list of operations.
///
/// They are two functions because a function serves the one and never tells the other: the description, with every
/// schema of every operation, takes longer to put together than all the rest of a start.
#[macro_export]
macro_rules! operations {
    ($($module:ident :: $operation:ident),+ $(,)?) => {
        /// The routes of this group.
        pub fn router() -> $crate::Routes {
            let router = $crate::Routes::new();
            $(let router = $crate::paste! {
                $crate::route::<$module::[<__path_ $operation>], _, _, _>(router, $module::$operation)
            };)+
            router
        }

        /// What the routes of this group say of themselves.
        pub fn description() -> utoipa::openapi::OpenApi {
            #[derive(utoipa::OpenApi)]
            #[openapi(paths($($module::$operation),+))]
            struct Description;

            <Description as utoipa::OpenApi>::openapi()
        }
    };
}

/// Adds an operation to a router, where its description says that it is.
#[expect(clippy::needless_pass_by_value, reason = "a handler is a function's name")]
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
