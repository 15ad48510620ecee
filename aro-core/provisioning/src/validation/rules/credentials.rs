//! Who the service principal is.

use aro_api::Code;

use crate::validation::{Facts, Finding};

const TARGET: &str = "properties.servicePrincipalProfile";
/// With it, whoever has the cluster's credentials could make applications of their own in the customer's directory.
const FORBIDDEN_ROLE: &str = "Application.ReadWrite.OwnedBy";

pub(super) fn judge(facts: &Facts, all: &mut Vec<Finding>) {
    let Some(claims) = &facts.credentials else { return };
    if !claims.arm.identify() {
        all.push(Finding::new(
            Code::INVALID_SERVICE_PRINCIPAL_CLAIMS,
            TARGET,
            "The token of the cluster's service principal does not say who it is (none of altsecid, oid, puid)."
                .to_owned(),
            "az ad sp create --id <clientId>".to_owned(),
        ));
    }
    if claims.graph.roles.iter().any(|role| role == FORBIDDEN_ROLE) {
        all.push(Finding::new(
            Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS,
            TARGET,
            format!("The cluster's service principal has the role {FORBIDDEN_ROLE} at Microsoft Graph, which it must not have."),
            "az ad app permission delete --id <clientId> --api 00000003-0000-0000-c000-000000000000".to_owned(),
        ));
    }
}
