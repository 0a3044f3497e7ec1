//! S3 on a folder: in this process, on a port of its own. It refuses what S3 refuses.

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
    response::{IntoResponse, Response},
};
use http::StatusCode;
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
use tower_http::cors::CorsLayer;

/// The local bucket's name.
pub const BUCKET: &str = "deskless-files";

/// Key, secret and session of those who may ask.
const CREDENTIAL: &str = "local";

/// What was asked: an operation and the first part of the object's key.
pub type Asked = BTreeSet<(String, String)>;

/// A running S3 with one bucket. It stops when this is dropped.
#[derive(Debug)]
pub struct S3 {
    url: String,
    asked: Arc<Mutex<Asked>>,
    server: JoinHandle<()>,
}

impl S3 {
    /// An S3 that keeps its objects under a folder, on this port (0: any free one).
    ///
    /// # Errors
    /// When the folder cannot be written to or the port is taken.
    pub async fn on_folder(folder: &Path, port: u16) -> Result<Self> {
        let shown = folder.display();
        fs::create_dir_all(folder.join(BUCKET)).with_context(|| format!("{shown} cannot be made"))?;
        let files = FileSystem::new(folder).map_err(|e| anyhow!("{shown} cannot be opened: {e:?}"))?;
        let asked = Arc::<Mutex<Asked>>::default();
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(CREDENTIAL, CREDENTIAL));
        builder.set_access(Guard(Arc::clone(&asked)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        // Pages of other origins upload and download, as the bucket in the template lets them.
        let router = Router::new().fallback(answer).with_state(builder.build()).layer(CorsLayer::permissive());
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, asked, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends it before its time: nobody connects to it any more.
    pub async fn stop(&self) {
        self.server.abort();
        while !self.server.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    /// What was asked since the last time.
    #[must_use]
    pub fn take_asked(&self) -> Asked {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(mut service): State<S3Service>, request: Request) -> Response {
    match Service::call(&mut service, request).await {
        Ok(response) => response.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}")).into_response(),
    }
}

/// Demands the session besides the signature, which is checked before, and takes down what is asked.
struct Guard(Arc<Mutex<Asked>>);

#[async_trait]
impl S3Access for Guard {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let operation = context.s3_op().name();
        let header = context.headers().get("x-amz-security-token").is_some_and(|token| token == CREDENTIAL);
        let query = context.uri().query().unwrap_or_default().split('&');
        let signed = query.clone().any(|pair| pair == format!("X-Amz-Security-Token={CREDENTIAL}"));
        // A form's session is a field, and its policy says which it has to be.
        if context.credentials().is_none() || !(header || signed || operation == "PostObject") {
            return Err(s3_error!(AccessDenied));
        }
        let key = match context.s3_path() {
            S3Path::Object { key, .. } => key.split('/').next().unwrap_or_default(),
            _ => "",
        };
        let asked = (operation.to_owned(), key.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(asked);
        Ok(())
    }
}
