//! Permissions on what the customer brings.

use crate::validation::{Access, Facts, Finding, required::role};

pub(super) fn judge(facts: &Facts, all: &mut Vec<Finding>) {
    let missing = facts.access.iter().filter(|access| !access.refused.is_empty());
    all.extend(missing.map(finding));
}

fn finding(access: &Access) -> Finding {
    let Access {
        principal,
        resource,
        kind,
        target,
        refused,
    } = access;
    let object_id = principal.object_id();
    let mut found = Finding::new(
        principal.code(),
        target.clone(),
        format!(
            "{} (object id {object_id}) does not have permission on the {} {resource}. It needs: {}.",
            principal.who(),
            kind.words(),
            refused.join(", ")
        ),
        format!(
            "az role assignment create --assignee-object-id {object_id} --assignee-principal-type ServicePrincipal --role \
             '{}' --scope {resource}",
            role(principal, *kind)
        ),
    );
    found.may_settle = true;
    found
}
