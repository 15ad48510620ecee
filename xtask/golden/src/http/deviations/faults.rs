//! Deviations where the reference crashes or blames itself, and where the newer reference differs from the recorded one.

use super::{ALL, added, gone, rule, step_code, step_status, verdict_message, verdict_status};
use crate::deviations::Rule;
use crate::http::conditions::{
    always, bad_version, bodies, faults, lacks_identity_headers, no_ingress, null_body, store_is_asked,
};

pub(super) const FAULTS: &[Rule] = &[
    step_status(
        "null is no cluster",
        &["create"],
        "steps[2].response.status",
        "500",
        "400",
        bodies,
        NULL_BODY,
    ),
    step_code(
        "null is no cluster",
        &["create"],
        "steps[2].response.body.error.code",
        "InternalServerError",
        "InvalidRequestContent",
        bodies,
        NULL_BODY,
    ),
    step_status(
        "ingress is required",
        &["create"],
        "steps[0].response.status",
        "500",
        "400",
        no_ingress,
        NO_INGRESS,
    ),
    step_code(
        "ingress is required",
        &["create"],
        "steps[0].response.body.error.code",
        "InternalServerError",
        "InvalidParameter",
        no_ingress,
        NO_INGRESS,
    ),
    added(
        "ingress is required",
        &["create"],
        "steps[0].response.body.error.target where steps[0].response.body.error.code",
        "\"properties.ingressProfiles\"",
        no_ingress,
        NO_INGRESS,
    ),
    step_status(
        "identity headers are required",
        &["wi"],
        "steps[0].response.status",
        "500",
        "400",
        lacks_identity_headers,
        IDENTITY_HEADERS,
    ),
    step_code(
        "identity headers are required",
        &["wi"],
        "steps[0].response.body.error.code",
        "InternalServerError",
        "InvalidParameter",
        lacks_identity_headers,
        IDENTITY_HEADERS,
    ),
    added(
        "identity headers are required",
        &["wi"],
        "steps[0].response.body.error.target where steps[0].response.body.error.code",
        "\"identity\"",
        lacks_identity_headers,
        IDENTITY_HEADERS,
    ),
    step_status(
        "the store is away",
        &["database fault"],
        "steps[0].response.status",
        "500",
        "503",
        store_is_asked,
        STORE_AWAY,
    ),
    added(
        "the store is away",
        &["database fault"],
        "steps[0].response.headers.Retry-After[0] where steps[0].response.status",
        "\"5\"",
        store_is_asked,
        STORE_AWAY,
    ),
    gone(
        "a bad template is a verdict",
        &["preflight"],
        "steps[0].response.bodyText",
        faults,
        TEMPLATE,
    ),
    gone(
        "a bad template is a verdict",
        &["preflight"],
        "steps[1].response.bodyText",
        faults,
        TEMPLATE,
    ),
    gone(
        "a bad template is a verdict",
        &["preflight"],
        "steps[2].response.bodyText",
        faults,
        TEMPLATE,
    ),
    verdict_status("steps[0].response.body.status where steps[0].response.status", None),
    verdict_status("steps[1].response.body.status where steps[1].response.status", None),
    verdict_status("steps[2].response.body.status where steps[2].response.status", None),
    verdict_status("steps[3].response.body.status", Some("Succeeded")),
    gone(
        "a bad template is a verdict",
        &["preflight"],
        "steps[3].response.bodyForm",
        faults,
        TEMPLATE,
    ),
    verdict_message("steps[0].response.body.error.message where steps[0].response.status"),
    verdict_message("steps[1].response.body.error.message where steps[1].response.status"),
    verdict_message("steps[2].response.body.error.message where steps[2].response.status"),
    verdict_message("steps[3].response.body.error.message where steps[3].response.status"),
    verdict_status("steps[6].response.body.status where steps[6].response.status", None),
    verdict_status("steps[7].response.body.status where steps[7].response.status", None),
    gone(
        "a bad template is a verdict",
        &["preflight"],
        "steps[6].response.body.error.code",
        faults,
        TEMPLATE,
    ),
    gone(
        "a bad template is a verdict",
        &["preflight"],
        "steps[7].response.body.error.code",
        faults,
        TEMPLATE,
    ),
    step_status(
        "a bad template is a verdict",
        &["preflight"],
        "steps[6].response.status",
        "500",
        "200",
        faults,
        TEMPLATE,
    ),
    step_status(
        "a bad template is a verdict",
        &["preflight"],
        "steps[7].response.status",
        "500",
        "200",
        faults,
        TEMPLATE,
    ),
];

const NULL_BODY: &str = "a null body is refused like any other that is no object; the reference crashes";
const NO_INGRESS: &str = "missing ingress profiles are an error of the request; the recorded reference crashes";
const IDENTITY_HEADERS: &str = "missing identity headers are named; the reference answers 500";
const STORE_AWAY: &str = "a store that cannot answer is 503 with Retry-After";
pub(super) const TEMPLATE: &str =
    "a template that cannot be read is a failed verdict; the reference writes that and crashes";

pub(super) const NEWER: &[Rule] = &[
    added(
        "default is always shown",
        ALL,
        "steps[*].response.body.value[0].properties.default where \
         steps[*].response.body.value[0].properties.enabled",
        "true",
        always,
        ADMIN_DEFAULT,
    ),
    added(
        "default is always shown",
        ALL,
        "steps[*].response.body.properties.default where steps[*].response.body.properties.enabled",
        "true",
        |case| case.op == "versions",
        ADMIN_DEFAULT,
    ),
    step_status(
        "bad skip token",
        &["list"],
        "steps[5].response.status",
        "500",
        "400",
        always,
        SKIP_TOKEN,
    ),
    step_status(
        "bad skip token",
        &["list"],
        "steps[6].response.status",
        "500",
        "400",
        always,
        SKIP_TOKEN,
    ),
    added(
        "bad skip token",
        &["list"],
        "steps[*].response.body.error.target where steps[*].response.body.error.code",
        "\"$skipToken\"",
        always,
        SKIP_TOKEN,
    ),
    rule(
        "bad skip token",
        &["list"],
        "steps[*].response.body.error.code",
        Some("InternalServerError"),
        Some("InvalidParameter"),
        always,
        SKIP_TOKEN,
    ),
    rule(
        "links are absolute",
        &["headers"],
        "steps[*].response.headers.Azure-Asyncoperation[0]",
        Some(RELATIVE),
        Some(ABSOLUTE),
        |case| case.version == "2024-08-12-preview",
        BAD_REFERER,
    ),
    rule(
        "links are absolute",
        &["headers"],
        "steps[*].response.headers.Azure-Asyncoperation[0]",
        Some(RELATIVE),
        Some(ABSOLUTE_ADMIN),
        |case| case.version != "2024-08-12-preview",
        BAD_REFERER,
    ),
    step_status(
        "null is no cluster",
        &["admin"],
        "steps[0].response.status",
        "500",
        "400",
        null_body,
        NULL_BODY,
    ),
    step_code(
        "null is no cluster",
        &["admin"],
        "steps[0].response.body.error.code",
        "InternalServerError",
        "InvalidRequestContent",
        null_body,
        NULL_BODY,
    ),
    step_status(
        "versions are numbers",
        &["wi"],
        "steps[0].response.status",
        "500",
        "400",
        bad_version,
        BAD_VERSION,
    ),
    step_code(
        "versions are numbers",
        &["wi"],
        "steps[0].response.body.error.code",
        "InternalServerError",
        "InvalidParameter",
        bad_version,
        BAD_VERSION,
    ),
];

const ADMIN_DEFAULT: &str = "the newest reference always shows operators whether a version is the default";
const SKIP_TOKEN: &str = "a skip token that is none is the client's mistake";
const RELATIVE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/providers/microsoft.redhatopenshift/\
                        locations/eastus/operationsstatus/02020202-0202-0202-0202-020202020001";
const ABSOLUTE: &str = "https://localhost:8443/subscriptions/00000000-0000-0000-0000-000000000000/providers/\
                        microsoft.redhatopenshift/locations/eastus/operationsstatus/\
                        02020202-0202-0202-0202-020202020001?api-version=2024-08-12-preview";
const ABSOLUTE_ADMIN: &str = "https://localhost:8443/subscriptions/00000000-0000-0000-0000-000000000000/providers/\
                              microsoft.redhatopenshift/locations/eastus/operationsstatus/\
                              02020202-0202-0202-0202-020202020001?api-version=admin";
const BAD_REFERER: &str = "a Referer that is no URL of ARM's is not what links are made from";
const BAD_VERSION: &str = "a version that is no number is the client's mistake";
