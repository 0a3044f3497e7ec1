//! Views: saved filters.

use deserr::Deserr;
use deskless_api::{InvalidRequest, Optional, object_tag, resource, shape::Shape, wire::FilterRequest};
use deskless_domain::{Clock, ConversationFilter, InvalidField, Resource, Title, View};
use serde::Serialize;
use utoipa::ToSchema;

object_tag!(
    /// `"view"`
    ViewTag = "view"
);

/// A saved filter of conversations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = View)]
pub struct ViewObject {
    object: ViewTag,
    #[schema(format = "uuid")]
    id: String,
    #[schema(value_type = String)]
    name: Title,
    /// The filter.
    #[schema(value_type = FilterRequest)]
    filter: ConversationFilter,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
}

impl From<&Resource<View>> for ViewObject {
    fn from(resource: &Resource<View>) -> Self {
        Self {
            object: ViewTag,
            id: resource.id.to_string(),
            name: resource.fields.name.clone(),
            filter: resource.fields.filter.clone(),
            created_at: resource.created_at().to_string(),
            updated_at: resource.updated_at.to_string(),
        }
    }
}

/// A view to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct CreateViewRequest {
    /// The name.
    name: Title,
    /// The filter.
    filter: FilterRequest,
}

/// An update of a view. A field that you leave out does not change.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct UpdateViewRequest {
    /// The name.
    #[deserr(default)]
    #[schema(value_type = Title, required = false)]
    name: Optional<Title>,
    /// The filter.
    #[deserr(default)]
    #[schema(value_type = FilterRequest, required = false)]
    filter: Optional<FilterRequest>,
}

impl Shape for ViewObject {
    type Fields = View;
    type Create = CreateViewRequest;
    type Update = UpdateViewRequest;

    fn make(request: CreateViewRequest, _: &dyn Clock) -> Result<View, InvalidField> {
        Ok(View { name: request.name, filter: request.filter.filter() })
    }

    fn change(fields: View, request: &UpdateViewRequest, _: &dyn Clock) -> Result<View, InvalidField> {
        Ok(View {
            name: request.name.0.clone().unwrap_or(fields.name),
            filter: request.filter.0.as_ref().map_or(fields.filter, FilterRequest::filter),
        })
    }
}

resource!(
    View as ViewObject,
    view,
    views,
    path = "/api/v1/views",
    item = "/api/v1/views/{viewId}",
    id = "viewId",
    tag = "Workspace",
    read = ReadWorkspace,
    write = WriteWorkspace,
    one = "a view",
    many = "views",
    create = CreateViewRequest,
    update = UpdateViewRequest,
    delete = "Deletes the view. Its conversations do not change. This cannot be undone.",
);
