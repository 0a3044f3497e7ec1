//! Exports a workspace through its own API, in this process.

use std::{
    io::{BufWriter, Write},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use axum::{
    Router,
    body::{Body, to_bytes},
    response::Response,
};
use deskless_domain::{AuditAction, AuditEvent, Clock, KeyKind, Precondition, RateLimit, Scope, Title};
use deskless_infra::routes;
use deskless_runtime::SystemClock;
use deskless_store::{KeyRequest, Operator, TenantStore};
use http::{Request, StatusCode, header};
use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::time::sleep;
use tower::ServiceExt;

/// The lists of the API, in the order of the export. Each row is one line of the file. API keys are left out, because their
/// secrets are not stored.
const LISTS: [&str; 9] = [
    "inboxes",
    "members",
    "assistants",
    "pipelines",
    "views",
    "predefined-messages",
    "automations",
    "customers",
    "bulk-actions",
];

/// How long the key of an export is valid, if the export is interrupted before it revokes it: one day.
const KEY_VALID_SECONDS: i64 = 24 * 60 * 60;

/// Writes everything in a workspace to a new file. Returns the number of objects. The file appears when it is complete.
///
/// Conversations are walked by creation, so that each one is exported once, also while the workspace is in use.
pub async fn run(operator: &Operator, tenant: &TenantStore, to: &Path) -> Result<u64> {
    if to.exists() {
        bail!("{} exists already: choose another name", to.display());
    }
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = NamedTempFile::new_in(folder).with_context(|| format!("cannot write to {}", folder.display()))?;
    let request = KeyRequest {
        name: Title::parse("deskless workspace export".to_owned())?,
        kind: KeyKind::Server,
        scopes: Scope::ALL.iter().copied().filter(|scope| scope.as_str().starts_with("read:")).collect(),
        allowed_origins: Vec::new(),
        expires_at: Some(SystemClock.now().plus_seconds(KEY_VALID_SECONDS)),
        rate_limit: Some(RateLimit::MAX),
    };
    // An export that is interrupted is recorded too.
    tenant.record_audit_event(AuditEvent::new(AuditAction::WorkspaceExported, tenant.workspace_id())).await?;
    let key = tenant.create_key(request).await?;
    let api = Api {
        router: routes::router(operator.store().clone(), Arc::new(SystemClock)),
        authorization: format!("Bearer {}", key.secret.reveal()),
    };
    let mut export = Export { api, file: BufWriter::new(file), written: 0 };
    let exported = export.everything().await;
    // The key must not outlive the export.
    tenant
        .revoke_key(key.key.id, &Precondition::NONE)
        .await
        .context("cannot revoke the key that the export has created")?;
    exported?;
    let Export { file, written, .. } = export;
    let file = file.into_inner().context("cannot write the file")?;
    file.persist_noclobber(to).with_context(|| format!("cannot create {}", to.display()))?;
    Ok(written)
}

/// The API, with a key of the workspace.
struct Api {
    router: Router,
    authorization: String,
}

impl Api {
    /// Returns the body; `None` for a 404.
    async fn get(&self, path: &str) -> Result<Option<Value>> {
        loop {
            let response = self.send(path).await?;
            let status = response.status();
            if status == StatusCode::TOO_MANY_REQUESTS {
                // The export shares the workspace's rate limit.
                let wait =
                    response.headers().get(header::RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
                sleep(Duration::from_secs(wait.unwrap_or(1))).await;
                continue;
            }
            let body = to_bytes(response.into_body(), usize::MAX).await?;
            let body: Value =
                serde_json::from_slice(&body).with_context(|| format!("{path}: the response is not JSON"))?;
            return match status {
                StatusCode::NOT_FOUND => Ok(None),
                _ if status.is_success() => Ok(Some(body)),
                _ => bail!("{path}: {} ({status})", body["error"].as_str().unwrap_or("failed")),
            };
        }
    }

    async fn send(&self, path: &str) -> Result<Response> {
        let request = Request::get(format!("/api/v1/{path}"))
            .header(header::AUTHORIZATION, &self.authorization)
            .body(Body::empty())?;
        Ok(self.router.clone().oneshot(request).await?)
    }
}

struct Export {
    api: Api,
    file: BufWriter<NamedTempFile>,
    written: u64,
}

impl Export {
    async fn everything(&mut self) -> Result<()> {
        for list in LISTS {
            self.list(list, "").await?;
        }
        let mut cursor = None;
        loop {
            let page = self.page("conversations", "&sort=createdAt&order=asc", cursor.as_deref()).await?;
            let Some(page) = page else { bail!("the list of conversations does not exist") };
            for conversation in rows(&page) {
                self.write(conversation)?;
                let id = conversation["id"].as_str().context("a conversation has no id")?;
                self.list(&format!("conversations/{id}/messages"), "&order=asc").await?;
            }
            cursor = next_cursor(&page);
            if cursor.is_none() {
                break;
            }
        }
        Ok(self.file.flush()?)
    }

    /// Writes all rows of a list.
    async fn list(&mut self, path: &str, query: &str) -> Result<()> {
        let mut cursor = None;
        loop {
            // A conversation can be deleted after it was listed.
            let Some(page) = self.page(path, query, cursor.as_deref()).await? else { return Ok(()) };
            for row in rows(&page) {
                self.write(row)?;
            }
            cursor = next_cursor(&page);
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn page(&self, path: &str, query: &str, cursor: Option<&str>) -> Result<Option<Value>> {
        let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        self.api.get(&format!("{path}?limit=100{query}{cursor}")).await
    }

    fn write(&mut self, object: &Value) -> Result<()> {
        writeln!(self.file, "{object}")?;
        self.written += 1;
        Ok(())
    }
}

/// Returns the rows of a page: its only array.
fn rows(page: &Value) -> impl Iterator<Item = &Value> {
    page.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_array()).flatten()
}

/// Returns the cursor of the next page, if there is one now.
fn next_cursor(page: &Value) -> Option<String> {
    page["nextCursor"].as_str().filter(|_| page["hasMore"] == true).map(str::to_owned)
}
