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

pub(crate) const RULES: &[Rule] = &[Rule {
    name: "json-for-protobuf",
    leaf: "steps[*].response.headers.Content-Type",
    reference: Some("application/vnd.kubernetes.protobuf"),
    ours: Some("\"application/json\""),
    reason: "protobuf is read and never written: every client that asks for it takes JSON too",
    ..KUBE
}];
