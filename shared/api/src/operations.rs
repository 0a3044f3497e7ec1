//! The list of operations of a route group.

use axum::{Router, handler::Handler, routing::MethodRouter};
use deskless_domain::authorization::{Access, Audience};
use utoipa::{
    Path,
    openapi::{OpenApi, extensions::Extensions},
};
use utoipa_axum::PathItemExt;

use crate::{ApiState, Guard};

/// The member of an operation in the OpenAPI document that has the scope it requires, and who can call it.
pub(crate) const AUTHORIZATION: &str = "x-authorization";

/// The arguments of an operation, the first of which is its principal.
pub trait Arguments {
    /// The principal.
    type Principal: Guard;
}

macro_rules! arguments {
    ($($argument:ident),*) => {
        impl<M, P: Guard, $($argument),*> Arguments for (M, P, $($argument,)*) {
            type Principal = P;
        }
    };
}

arguments!();
arguments!(A);
arguments!(A, B);
arguments!(A, B, C);
arguments!(A, B, C, D);
arguments!(A, B, C, D, E);

/// Returns what an operation requires of an API key, which the type of its first argument declares.
#[must_use]
pub fn access_of<T: Arguments, H: Handler<T, ApiState>>(_: &H) -> Access {
    T::Principal::ACCESS
}

/// Adds to a description what an operation requires of an API key.
pub fn declare<P: Path>(description: &mut OpenApi, access: Access) {
    let Some(item) = description.paths.paths.get_mut(&P::path()) else { return };
    let callers: &[&str] = match access.audience {
        Audience::Servers => &["server"],
        Audience::Customers => &["server", "customer"],
        Audience::Anonymous => &["server", "customer", "anonymous"],
    };
    let authorization = serde_json::json!({ "scope": access.scope.as_str(), "callers": callers });
    // One member, because several would be in any order.
    let extensions = Extensions::builder().add(AUTHORIZATION, authorization).build();
    for method in P::methods() {
        let operation = match method {
            utoipa::openapi::HttpMethod::Get => item.get.as_mut(),
            utoipa::openapi::HttpMethod::Post => item.post.as_mut(),
            utoipa::openapi::HttpMethod::Patch => item.patch.as_mut(),
            utoipa::openapi::HttpMethod::Delete => item.delete.as_mut(),
            _ => None,
        };
        if let Some(operation) = operation {
            operation.extensions.get_or_insert_with(Extensions::default).merge(extensions.clone());
        }
    }
}

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

            let mut description = <Description as utoipa::OpenApi>::openapi();
            $($crate::paste! {
                $crate::declare::<$module::[<__path_ $operation>]>(&mut description, $crate::access_of(&$module::$operation));
            })+
            description
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
