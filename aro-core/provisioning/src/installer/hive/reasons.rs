//! Why an installation by Hive has failed, from its condition's reason and the log of its last attempt.

use serde_json::Value;

/// Reasons that the customer can do something about, and what they mean. Hive finds them in the log by its own patterns.
const REASONS: [(&str, &str); 5] = [
    (
        "AzureKeyBasedAuthenticationNotPermitted",
        "A policy forbids key based access to the cluster's storage account.",
    ),
    (
        "AzureRequestDisallowedByPolicy",
        "A policy forbids a resource of the cluster.",
    ),
    (
        "AzureInvalidTemplateDeployment",
        "Azure has refused the deployment of the machines.",
    ),
    (
        "AzureZonalAllocationFailed",
        "Azure has no room for the machines in a zone.",
    ),
    ("AzureOSProvisioningTimedOut", "A machine has not come up in time."),
];

/// Code and message of a failure. The code is Azure's own where the log has it and the reason is one of Azure's.
pub(super) fn explain(reason: &str, log: &str) -> (String, String) {
    let known = REASONS.iter().find(|(known, _)| *known == reason);
    let Some((_, meaning)) = known else {
        let reason = if reason.is_empty() { "InstallFailed" } else { reason };
        return (reason.to_owned(), "The installation did not succeed.".to_owned());
    };
    match azure_error(log) {
        Some((code, message)) => (reason.to_owned(), format!("{meaning} Azure said {code}: {message}")),
        None => (reason.to_owned(), (*meaning).to_owned()),
    }
}

/// The innermost error of the last error body of Azure Resource Manager in a log, whether it stands there as it is or inside
/// a quoted message. A log without one is no trouble.
fn azure_error(log: &str) -> Option<(String, String)> {
    let unquoted = log.replace("\\\"", "\"");
    [log, unquoted.as_str()].into_iter().find_map(last_error)
}

fn last_error(log: &str) -> Option<(String, String)> {
    ["{\"error\"", "{\"code\""]
        .into_iter()
        .flat_map(|start| log.rmatch_indices(start))
        .find_map(|(at, _)| {
            let mut values = serde_json::Deserializer::from_str(&log[at..]).into_iter::<Value>();
            let value = values.next()?.ok()?;
            innermost(value.get("error").unwrap_or(&value))
        })
}

fn innermost(error: &Value) -> Option<(String, String)> {
    let mut error = error;
    while let Some(inner) = error["details"].as_array().and_then(|details| details.first()) {
        if inner["code"].as_str().is_none_or(str::is_empty) {
            break;
        }
        error = inner;
    }
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let code = text("code");
    (!code.is_empty()).then(|| (code, text("message")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "AzureRequestDisallowedByPolicy";

    #[test]
    fn azures_error_is_found_in_the_log() {
        let plain = r#"level=info msg=creating
level=error msg=400: DeploymentFailed: : Deployment failed. Details: : : {"code":"InvalidTemplateDeployment","message":"The template is not valid.","details":[{"code":"RequestDisallowedByPolicy","message":"Policy x.","additionalInfo":[]}]}
level=fatal msg=ended"#;
        let expected = "A policy forbids a resource of the cluster. Azure said RequestDisallowedByPolicy: Policy x.";
        assert_eq!(explain(POLICY, plain), (POLICY.to_owned(), expected.to_owned()));
        let quoted =
            r#"msg="400: failed {\"error\":{\"code\":\"RequestDisallowedByPolicy\",\"message\":\"Policy x.\"}}""#;
        assert_eq!(explain(POLICY, quoted).1, expected);
    }

    #[test]
    fn a_log_without_an_error_is_no_trouble() {
        for log in [
            "",
            "{\"code\"",
            "{\"code\":1}",
            "level=info",
            "{\"code\":\"\",\"message\":\"m\"}",
            "ö{\"error\"",
        ] {
            assert_eq!(explain(POLICY, log).1, "A policy forbids a resource of the cluster.");
        }
        assert_eq!(explain("", "").0, "InstallFailed");
        let other = explain("UnknownError", r#"{"code":"Secret","message":"m"}"#);
        assert_eq!(
            other,
            (
                "UnknownError".to_owned(),
                "The installation did not succeed.".to_owned()
            )
        );
    }

    #[test]
    fn each_reason_has_a_remedy() {
        for (reason, meaning) in REASONS {
            assert!(crate::remedy::for_code(reason).is_some(), "{reason}");
            assert!(meaning.ends_with('.'));
        }
    }
}
