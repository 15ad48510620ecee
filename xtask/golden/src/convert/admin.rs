//! `admin`: the admin API.

use aro_api::model::{OpenShiftVersion, PlatformWorkloadIdentityRoleSet};
use aro_api::request::{self, Conversion, Method, PutOrPatch, RpFacts, Secrets, catalogue};
use aro_api::secret::InTheClear;
use aro_api::{ApiVersion, view};
use serde_json::{Value, json};
use time::macros::datetime;

use super::{DOCUMENT, body, converted, current, read, text, write};
use crate::case::Context;
use crate::compare::result;

/// The switches of the operator that the cases were recorded with.
const FLAGS: &[(&str, &str)] = &[("aro.alertwebhook.enabled", "true"), ("default.flag", "true")];

/// What this product makes of a case, in the form in which the outcome was recorded.
pub(crate) fn run(case: &Value, context: &Context) -> Value {
    outcome(case, context).unwrap_or_else(|fault| json!({ "fault": fault }))
}

fn outcome(case: &Value, context: &Context) -> Result<Value, String> {
    let input = &case["in"];
    match case["op"].as_str().unwrap_or_default() {
        "toExternal" => Ok(text(view::cluster(&read(input)?, ApiVersion::admin()))),
        "create" => Ok(write_to_cluster(Method::Put, case, None)),
        "put" => Ok(write_to_cluster(Method::Put, case, Some(&current(case, context)?))),
        "patch" => Ok(write_to_cluster(Method::Patch, case, Some(&current(case, context)?))),
        "version" => {
            let current = match case.get("current") {
                Some(current) => Some(read::<OpenShiftVersion>(current)?),
                None => None,
            };
            Ok(match catalogue::put_openshift_version(&body(case), current.as_ref()) {
                Ok(version) => json!({"out": write(&version)?, "result": {"ok": true}}),
                Err(error) => json!({"result": result(Err(&error))}),
            })
        }
        "roleSet" => {
            let current = match case.get("current") {
                Some(current) => Some(read::<PlatformWorkloadIdentityRoleSet>(current)?),
                None => None,
            };
            Ok(match catalogue::put_role_set(&body(case), current.as_ref()) {
                Ok(role_set) => json!({"out": write(&role_set)?, "result": {"ok": true}}),
                Err(error) => json!({"result": result(Err(&error))}),
            })
        }
        other => Err(format!("nothing runs {other}")),
    }
}

/// Rules and conversion; states and defaults are no part of the recorded outcome.
fn write_to_cluster(method: Method, case: &Value, current: Option<&aro_api::model::Cluster>) -> Value {
    let body = body(case);
    let secrets = Some(Secrets {
        sealer: &InTheClear,
        document: DOCUMENT,
    });
    let request = PutOrPatch {
        version: ApiVersion::admin(),
        method,
        path: current.map_or("", |cluster| &cluster.id),
        body: &body,
        now: datetime!(2024-06-07 08:09:10 UTC),
        system_data: None,
        identity_url: None,
        home_tenant_id: None,
        rp: &RpFacts {
            location: "location",
            domain: "location.aroapp.io",
            require_d2s_workers: false,
            commit: "unknown",
            gateway_enabled: true,
        },
        versions: &[],
        role_sets: &[],
        secrets,
    };
    let Some(current) = current else {
        return json!({"result": result(request::check(&request, None).as_ref().map(drop))});
    };
    if let Err(error) = request::check(&request, Some(current)) {
        return json!({"result": result(Err(&error))});
    }
    let knowing = Conversion {
        flags: Some(FLAGS),
        secrets: None,
    };
    let mut outcome = converted(request::convert(current, request.version, method, &body, knowing));
    outcome["result"] = json!({"ok": true});
    outcome
}
