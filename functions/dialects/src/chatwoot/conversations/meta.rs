use deserr::Deserr;
use deskless_api::{ApiPath, ApiQuery, Caller, InvalidRequest, Reply, scope::ReadConversations};
use deskless_domain::InboxId;
use serde::Serialize;

use super::{
    list::{Filters, label},
    totals::Totals,
};
use crate::chatwoot::{
    blank::{Blank, Unsupported},
    id::Wanted,
    path::InAccount,
    query::{as_parameter, counted},
};

/// The filters of the counts.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct CountConversations {
    #[deserr(default)]
    status: Blank<String>,
    #[deserr(default)]
    inbox_id: Blank<Wanted<InboxId>>,
    #[deserr(default)]
    labels: Blank<String>,
    #[deserr(default, rename = "labels[]")]
    labels_array: Blank<String>,
    #[deserr(default)]
    q: Unsupported,
    #[deserr(default)]
    team_id: Unsupported,
}

#[derive(Serialize)]
struct Meta {
    meta: Totals,
}

/// Counts conversations.
pub async fn meta(
    caller: Caller<ReadConversations>,
    ApiPath(path): ApiPath<InAccount>,
    ApiQuery(query): ApiQuery<CountConversations>,
) -> Reply {
    let _ = path.account.of(caller.store())?;
    let filters = Filters {
        status: query.status.0,
        inbox_id: query.inbox_id.0,
        labels: label(query.labels, query.labels_array)?,
        has_text: query.q.0,
        has_team: query.team_id.0,
    };
    let filter = filters.resolve(caller.store()).await.map_err(as_parameter)?;
    let meta = Totals::of(caller.store(), &filter, None, None).await?;
    counted(&Meta { meta }, meta.is_exact)
}
