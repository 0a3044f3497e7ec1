//! Runs an S3 server in this process, on its own port, over a folder. It enforces signatures and policies as S3 does.

use std::{
    collections::BTreeSet,
    fs,
    net::Ipv4Addr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result, anyhow};
use async_trait::async_trait;
use axum::{
    Router,
    extract::{Request, State},
    middleware::from_fn,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header};
use s3s::{
    S3Result,
    access::{S3Access, S3AccessContext},
    auth::SimpleAuth,
    path::S3Path,
    s3_error,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use tokio::{net::TcpListener, task::JoinHandle};
use tower::Service;
use tower_http::cors::{Any, CorsLayer};

use crate::guard;

/// The local bucket's name.
pub const BUCKET: &str = "deskless-files";

/// The name of the local bucket for failed stream records.
pub const FAILED_EVENTS: &str = "deskless-failed-events";

/// The access key, the secret key and the session token that clients use.
const CREDENTIAL: &str = "local";

/// Requests received: the operation and the first segment of the object's key.
pub type Requests = BTreeSet<(String, String)>;

/// A running S3 server with two buckets. Dropping it stops the server.
#[derive(Debug)]
pub struct S3 {
    url: String,
    requests: Arc<Mutex<Requests>>,
    server: JoinHandle<()>,
}

impl S3 {
    /// Starts a server that stores objects in `folder`, on `port` (0 picks a free one).
    ///
    /// # Errors
    /// If the folder cannot be written to or the port is in use.
    pub async fn on_folder(folder: &Path, port: u16) -> Result<Self> {
        let shown = folder.display();
        for bucket in [BUCKET, FAILED_EVENTS] {
            fs::create_dir_all(folder.join(bucket)).with_context(|| format!("cannot create {shown}"))?;
        }
        let files = FileSystem::new(folder).map_err(|e| anyhow!("cannot open {shown}: {e:?}"))?;
        let requests = Arc::<Mutex<Requests>>::default();
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(CREDENTIAL, CREDENTIAL));
        builder.set_access(AccessCheck(Arc::clone(&requests)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        // Browsers upload and download from other origins, as the bucket's CORS rules in the template allow.
        let cors = CorsLayer::new()
            .allow_origin(Any)
            .allow_methods([Method::GET, Method::HEAD, Method::POST])
            .allow_headers(Any)
            .expose_headers([header::ETAG]);
        let router = Router::new().fallback(handle).with_state(builder.build()).layer(cors);
        let router = router.layer(from_fn(guard::local_programs_and_files));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, requests, server })
    }

    /// Returns the server's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops the server. Later connections are refused.
    pub async fn stop(&self) {
        self.server.abort();
        while !self.server.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    /// Returns the requests received since the last call.
    #[must_use]
    pub fn take_requests(&self) -> Requests {
        std::mem::take(&mut *self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn handle(State(mut service): State<S3Service>, request: Request) -> Response {
    match Service::call(&mut service, request).await {
        Ok(response) => response.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}")).into_response(),
    }
}

/// Requires the session token in addition to the signature, which is checked earlier, and records requests.
struct AccessCheck(Arc<Mutex<Requests>>);

#[async_trait]
impl S3Access for AccessCheck {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let operation = context.s3_op().name();
        let header = context.headers().get("x-amz-security-token").is_some_and(|token| token == CREDENTIAL);
        let query = context.uri().query().unwrap_or_default().split('&');
        let signed = query.clone().any(|pair| pair == format!("X-Amz-Security-Token={CREDENTIAL}"));
        // A form carries the session token as a field, and its policy requires the right value.
        if context.credentials().is_none() || !(header || signed || operation == "PostObject") {
            return Err(s3_error!(AccessDenied));
        }
        let key = match context.s3_path() {
            S3Path::Object { key, .. } => key.split('/').next().unwrap_or_default(),
            _ => "",
        };
        let request = (operation.to_owned(), key.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(request);
        Ok(())
    }
}
