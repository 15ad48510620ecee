//! Definitions of replies that are no part of the resource model: errors, credentials, operations, pages.

/// A definition without annotations.
pub(super) struct Plain {
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    /// Name, documentation, type.
    pub(super) members: &'static [(&'static str, &'static str, Type)],
}

/// The type of a member.
pub(super) enum Type {
    Text,
    /// Text that nobody should log.
    Secret,
    /// Where the next page is.
    Link,
    /// Another definition.
    One(&'static str),
    /// A list of another definition.
    Many(&'static str),
    /// The elements of a page.
    Page(&'static str),
}

const NEXT: (&str, &str, Type) = (
    "nextLink",
    "Where the next page is read; absent on the last page.",
    Type::Link,
);

pub(super) static PLAIN: [Plain; 10] = [
    Plain {
        name: "CloudError",
        doc: "Why a request was refused, or why an operation failed.",
        members: &[("error", "What went wrong.", Type::One("CloudErrorBody"))],
    },
    Plain {
        name: "CloudErrorBody",
        doc: "What went wrong, where, and what to do about it.",
        members: &[
            (
                "code",
                "The kind of the error, for programs. Codes do not change.",
                Type::Text,
            ),
            ("message", "The error in words, for people.", Type::Text),
            (
                "target",
                "The member, parameter or resource that the error is about.",
                Type::Text,
            ),
            (
                "details",
                "Single errors behind this one.",
                Type::Many("CloudErrorBody"),
            ),
        ],
    },
    Plain {
        name: "OpenShiftClusterCredentials",
        doc: "Name and password of the first user of a cluster.",
        members: &[
            ("kubeadminUsername", "The name.", Type::Text),
            ("kubeadminPassword", "The password.", Type::Secret),
        ],
    },
    Plain {
        name: "OpenShiftClusterAdminKubeconfig",
        doc: "The kubeconfig of a cluster's administrator.",
        members: &[("kubeconfig", "The file, in base64.", Type::Secret)],
    },
    Plain {
        name: "OpenShiftClusterList",
        doc: "A page of clusters.",
        members: &[("value", "The clusters.", Type::Page("OpenShiftCluster")), NEXT],
    },
    Plain {
        name: "OpenShiftVersionList",
        doc: "The OpenShift versions that can be installed.",
        members: &[("value", "The versions.", Type::Page("OpenShiftVersion")), NEXT],
    },
    Plain {
        name: "PlatformWorkloadIdentityRoleSetList",
        doc: "The role sets of the OpenShift minor versions.",
        members: &[
            ("value", "The role sets.", Type::Page("PlatformWorkloadIdentityRoleSet")),
            NEXT,
        ],
    },
    Plain {
        name: "OperationList",
        doc: "The operations of the resource provider.",
        members: &[("value", "The operations.", Type::Page("Operation")), NEXT],
    },
    Plain {
        name: "Operation",
        doc: "An operation that an Azure role can allow.",
        members: &[
            ("name", "Its name, as role definitions write it.", Type::Text),
            ("display", "How it is shown to people.", Type::One("Display")),
            ("origin", "Who may call it: users, the system, or both.", Type::Text),
        ],
    },
    Plain {
        name: "Display",
        doc: "How an operation is shown to people.",
        members: &[
            ("provider", "The resource provider.", Type::Text),
            ("resource", "The resource type.", Type::Text),
            ("operation", "What is done.", Type::Text),
            ("description", "More about it.", Type::Text),
        ],
    },
];
