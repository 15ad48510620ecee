//! How the published descriptions differ in what the model does not say: one row for each version.

use crate::version::ApiVersion;

/// The manner in which the published description of a version was made; it decides about marks, not about members.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Manner {
    /// By reflection over types, as all were up to 2024: plain scalars may have a definition of their own.
    Reflected,
    /// From TypeSpec: scalars stand where they are used, enumerations list their words with documentation, lists have
    /// required members, long-running operations say how they end.
    TypeSpec,
}

/// The switches of a version.
pub(super) struct Switches {
    version: &'static str,
    pub(super) manner: Manner,
    /// Which edition of Azure's common types the description refers to.
    pub(super) common_types: &'static str,
    /// Whether a single OpenShift version can be read. (The service answers from 2022-09-04 on.)
    pub(super) single_version: bool,
    /// Whether credentials in replies are marked as secrets.
    pub(super) secrets: bool,
    /// Whether lists say that their elements have no identifier.
    pub(super) identifiers: bool,
    /// Enumerations that are marked as open.
    pub(super) open: &'static [&'static str],
    /// How the version spells that an operation was given up, if it has a word for that.
    pub(super) cancelled: Option<&'static str>,
    /// Sizes of virtual machines that the description lists. They are documentation: what is accepted stands in
    /// [`crate::vm_size`].
    pub(super) vm_sizes: &'static [&'static str],
}

static ROWS: [Switches; 10] = [
    Switches {
        vm_sizes: &[
            "Standard_D16as_v4",
            "Standard_D16s_v3",
            "Standard_D2s_v3",
            "Standard_D32as_v4",
            "Standard_D32s_v3",
            "Standard_D4as_v4",
            "Standard_D4s_v3",
            "Standard_D8as_v4",
            "Standard_D8s_v3",
            "Standard_E16s_v3",
            "Standard_E32s_v3",
            "Standard_E4s_v3",
            "Standard_E8s_v3",
            "Standard_F16s_v2",
            "Standard_F32s_v2",
            "Standard_F4s_v2",
            "Standard_F8s_v2",
        ],
        ..reflected("2020-04-30", "v1")
    },
    Switches {
        secrets: true,
        open: &["VMSize", "SoftwareDefinedNetwork", "EncryptionAtHost", "Visibility"],
        vm_sizes: &[
            "Standard_D16as_v4",
            "Standard_D16s_v3",
            "Standard_D2s_v3",
            "Standard_D32as_v4",
            "Standard_D32s_v3",
            "Standard_D4as_v4",
            "Standard_D4s_v3",
            "Standard_D8as_v4",
            "Standard_D8s_v3",
            "Standard_E16s_v3",
            "Standard_E32s_v3",
            "Standard_E4s_v3",
            "Standard_E64i_v3",
            "Standard_E64is_v3",
            "Standard_E8s_v3",
            "Standard_F16s_v2",
            "Standard_F32s_v2",
            "Standard_F4s_v2",
            "Standard_F72s_v2",
            "Standard_F8s_v2",
            "Standard_G5",
            "Standard_GS5",
            "Standard_M128ms",
        ],
        ..reflected("2021-09-01-preview", "v2")
    },
    Switches {
        secrets: true,
        identifiers: true,
        open: OPEN,
        ..reflected("2022-04-01", "v2")
    },
    Switches {
        secrets: true,
        identifiers: true,
        open: OPEN,
        ..reflected("2022-09-04", "v3")
    },
    Switches {
        secrets: true,
        identifiers: true,
        open: OPEN_OUTBOUND,
        ..reflected("2023-04-01", "v3")
    },
    Switches {
        secrets: true,
        identifiers: true,
        open: OPEN_OUTBOUND,
        cancelled: Some("Cancelled"),
        ..reflected("2023-07-01-preview", "v3")
    },
    Switches {
        secrets: true,
        identifiers: true,
        open: OPEN_OUTBOUND,
        ..reflected("2023-09-04", "v3")
    },
    Switches {
        secrets: true,
        identifiers: true,
        open: OPEN_ALL,
        cancelled: Some("Canceled"),
        ..reflected("2023-11-22", "v3")
    },
    Switches {
        single_version: true,
        secrets: true,
        identifiers: true,
        open: OPEN_ALL,
        cancelled: Some("Canceled"),
        ..reflected("2024-08-12-preview", "v6")
    },
    Switches {
        manner: Manner::TypeSpec,
        single_version: true,
        secrets: true,
        identifiers: true,
        open: OPEN_ALL,
        cancelled: Some("Canceled"),
        ..reflected("2025-07-25", "v6")
    },
];

const OPEN: &[&str] = &["EncryptionAtHost", "FipsValidatedModules", "Visibility"];
const OPEN_OUTBOUND: &[&str] = &["EncryptionAtHost", "FipsValidatedModules", "Visibility", "OutboundType"];
const OPEN_ALL: &[&str] = &[
    "EncryptionAtHost",
    "FipsValidatedModules",
    "Visibility",
    "OutboundType",
    "PreconfiguredNSG",
    "ProvisioningState",
];

const fn reflected(version: &'static str, common_types: &'static str) -> Switches {
    Switches {
        version,
        manner: Manner::Reflected,
        common_types,
        single_version: false,
        secrets: false,
        identifiers: false,
        open: &[],
        cancelled: None,
        vm_sizes: &[],
    }
}

impl Switches {
    /// The switches of a version; none for one whose description was never published.
    pub(super) fn of(version: ApiVersion) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.version == version.name())
    }

    /// The editions of the common types that some version refers to.
    pub(super) fn editions() -> Vec<&'static str> {
        let mut editions = ROWS.iter().map(|row| row.common_types).collect::<Vec<_>>();
        editions.dedup();
        editions
    }
}
