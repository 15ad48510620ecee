//! Where the simulated API server answers differently on purpose.

use crate::deviations::Rule;

const KUBE: Rule = Rule {
    name: "",
    file: "kube",
    versions: &[],
    operations: &[],
    leaf: "",
    reference: Some("*"),
    ours: None,
    when: |_| true,
    reason: "",
};

/// What the server says of a pod's forbidden change, without its excerpt.
macro_rules! frozen {
    ($before:literal) => {
        Some(concat!(
            "\"",
            $before,
            "Forbidden: pod updates may not change fields other than \
             `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` \
             (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if \
             it was previously negative)\""
        ))
    };
}

const EXCERPT: &str = "the excerpt shows the real server's inner form of a pod, which this one does not have";

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "no-excerpt-of-a-pod: cause",
        leaf: "steps[*].response.body.details.causes[0].message",
        reference: Some("Forbidden: pod updates may not change fields*@@*"),
        ours: frozen!(""),
        reason: EXCERPT,
        ..KUBE
    },
    Rule {
        name: "no-excerpt-of-a-pod: message",
        leaf: "steps[*].response.body.message",
        reference: Some("Pod \"p\" is invalid: spec: Forbidden: pod updates may not change fields*@@*"),
        ours: frozen!("Pod \\\"p\\\" is invalid: spec: "),
        reason: EXCERPT,
        ..KUBE
    },
    Rule {
        name: "json-for-protobuf",
        leaf: "steps[*].response.headers.Content-Type",
        reference: Some("application/vnd.kubernetes.protobuf"),
        ours: Some("\"application/json\""),
        reason: "protobuf is read and never written: every client that asks for it takes JSON too",
        ..KUBE
    },
];
