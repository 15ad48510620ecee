//! Role assignments and role definitions.

use aro_http::AzureError;
use serde::{Deserialize, Serialize};

use crate::{ArmClient, Extra, Resource};

/// Api-version of this service.
pub const API_VERSION: &str = "2018-09-01-preview";
/// Api-version of role definitions.
pub const ROLE_DEFINITIONS_API_VERSION: &str = "2018-01-01-preview";

/// Api-version of deny assignments.
pub const DENY_ASSIGNMENTS_API_VERSION: &str = "2018-07-01-preview";

/// Id of the built-in role Contributor, below `/subscriptions/…/providers/Microsoft.Authorization/roleDefinitions/`.
pub const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
/// Id of the built-in role Owner.
pub const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
/// Id of the built-in role Storage Blob Data Contributor.
pub const STORAGE_BLOB_DATA_CONTRIBUTOR: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";

/// A role given to a principal at a scope.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RoleAssignment {
    /// Resource id; empty in requests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Content.
    pub properties: RoleAssignmentProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a role assignment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignmentProperties {
    /// The role.
    pub role_definition_id: String,
    /// Object id of who has it.
    pub principal_id: String,
    /// Where; empty in requests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for RoleAssignment {
    const API_VERSION: &'static str = API_VERSION;
}

impl RoleAssignment {
    /// Whether the role is the one with this id (the last segment of its resource id).
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.properties
            .role_definition_id
            .rsplit('/')
            .next()
            .is_some_and(|id| id.eq_ignore_ascii_case(role))
    }
}

/// A role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RoleDefinition {
    /// Resource id.
    pub id: String,
    /// Name, scopes, permissions.
    #[serde(default)]
    pub properties: RoleDefinitionProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleDefinitionProperties {
    /// Name people see.
    #[serde(default)]
    pub role_name: String,
    /// Where it may be given.
    #[serde(default)]
    pub assignable_scopes: Vec<String>,
    /// What it allows, in blocks.
    #[serde(default)]
    pub permissions: Vec<Permission>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// One block of a role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// Actions on resources, with `*` for any run.
    #[serde(default)]
    pub actions: Vec<String>,
    /// Actions on data, with `*` for any run.
    #[serde(default)]
    pub data_actions: Vec<String>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

impl Resource for RoleDefinition {
    const API_VERSION: &'static str = ROLE_DEFINITIONS_API_VERSION;
}

impl ArmClient {
    /// Role assignments made exactly at this scope.
    ///
    /// # Errors
    /// What ARM said.
    pub async fn role_assignments_at(&self, scope: &str) -> Result<Vec<RoleAssignment>, AzureError> {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments");
        let all: Vec<RoleAssignment> = self.list(&path, API_VERSION, &[("$filter", "atScope()")]).await?;
        Ok(all
            .into_iter()
            .filter(|one| one.properties.scope.eq_ignore_ascii_case(scope))
            .collect())
    }

    /// Role definitions that can be given at this scope.
    ///
    /// # Errors
    /// What ARM said.
    pub async fn role_definitions_at(&self, scope: &str) -> Result<Vec<RoleDefinition>, AzureError> {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions");
        self.list(&path, ROLE_DEFINITIONS_API_VERSION, &[]).await
    }
}
