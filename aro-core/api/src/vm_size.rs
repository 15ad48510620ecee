//! Virtual machine sizes: which may be used, for what, from which OpenShift version on, and what they count for.

use std::fmt;

use crate::release::Release;

/// A size of virtual machine that clusters may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VmSize {
    /// The name as Azure and the `vmSize` members spell it; case counts.
    pub name: &'static str,
    /// Number of virtual cores, as quota counts them.
    pub cores: u32,
    /// The name of the quota family.
    pub family: &'static str,
    /// Numbers of the first OpenShift version that supports it; zeros when every version does.
    pub minimum: [u32; 3],
    usable: Usable,
}

/// What a size may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usable {
    /// Control plane and workers.
    Both,
    /// Workers.
    Worker,
    /// Workers of development clusters only.
    Development,
}

/// What a machine does in a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Control plane.
    Master,
    /// Worker of a cluster like customers have.
    Worker,
    /// Worker where the resource provider is configured to allow the small development sizes and nothing else.
    DevelopmentWorker,
}

impl Role {
    /// The role of workers, depending on the configuration of the resource provider.
    pub const fn worker(require_d2s_workers: bool) -> Self {
        if require_d2s_workers {
            Self::DevelopmentWorker
        } else {
            Self::Worker
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Master => "master",
            Self::Worker | Self::DevelopmentWorker => "worker",
        })
    }
}

impl VmSize {
    /// Looks a size up by its exact name, whatever it may be used for.
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|size| size.name == name)
    }

    /// Looks a size up by its name, ignoring case.
    pub fn find_ignore_case(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|size| size.name.eq_ignore_ascii_case(name))
    }

    /// All sizes that are known, by family.
    pub const fn all() -> &'static [Self] {
        ALL
    }

    /// Whether machines of this role may have this size.
    pub fn supports(&self, role: Role) -> bool {
        match role {
            Role::Master => self.usable == Usable::Both,
            Role::Worker => self.usable != Usable::Development,
            Role::DevelopmentWorker => self.usable == Usable::Development,
        }
    }

    /// Whether a cluster of this version may have machines of this size. A text that is no version number says
    /// nothing: it may come from a cluster that reports something unusual about itself.
    pub fn supports_version(&self, version: &str) -> bool {
        self.minimum == ANY || Release::scan(version).is_none_or(|(numbers, _)| numbers >= self.minimum)
    }

    /// The first OpenShift version that supports the size, for messages; `None` when every version does.
    pub fn minimum_release(&self) -> Option<Release> {
        let [major, minor, patch] = self.minimum;
        (self.minimum != ANY).then(|| Release::new(major, minor, patch))
    }
}

/// The smallest disk of a worker, in GB.
pub const SMALLEST_WORKER_DISK_GB: i64 = 128;

/// Whether a worker may have a disk of this size, in GB.
pub const fn is_worker_disk_size(gb: i64) -> bool {
    gb >= SMALLEST_WORKER_DISK_GB
}

const ANY: [u32; 3] = [0, 0, 0];
const V4_19: [u32; 3] = [4, 19, 0];
const BOTH: Usable = Usable::Both;
const WORKER: Usable = Usable::Worker;
const DEVELOPMENT: Usable = Usable::Development;

macro_rules! sizes {
    ($($family:literal $minimum:ident { $($usable:ident $name:literal $cores:literal;)* })*) => {
        const ALL: &[VmSize] = &[$($(
            VmSize { name: $name, cores: $cores, family: $family, minimum: $minimum, usable: $usable },
        )*)*];
    };
}

// `Standard_D1l6ds_v6` is a misspelling of `Standard_D16lds_v6` that clients have always been able to send; both are
// accepted and shown as sent.
sizes! {
    "standardDSv3Family" ANY {
        DEVELOPMENT "Standard_D2s_v3" 2;
        WORKER "Standard_D4s_v3" 4;
        BOTH "Standard_D8s_v3" 8;
        BOTH "Standard_D16s_v3" 16;
        BOTH "Standard_D32s_v3" 32;
    }
    "standardDSv4Family" ANY {
        DEVELOPMENT "Standard_D2s_v4" 2;
        WORKER "Standard_D4s_v4" 4;
        WORKER "Standard_D64s_v4" 64;
        BOTH "Standard_D8s_v4" 8;
        BOTH "Standard_D16s_v4" 16;
        BOTH "Standard_D32s_v4" 32;
    }
    "standardDSv5Family" ANY {
        DEVELOPMENT "Standard_D2s_v5" 2;
        WORKER "Standard_D4s_v5" 4;
        WORKER "Standard_D64s_v5" 64;
        WORKER "Standard_D96s_v5" 96;
        BOTH "Standard_D8s_v5" 8;
        BOTH "Standard_D16s_v5" 16;
        BOTH "Standard_D32s_v5" 32;
    }
    "standardDSv6Family" V4_19 {
        BOTH "Standard_D4s_v6" 4;
        BOTH "Standard_D8s_v6" 8;
        BOTH "Standard_D16s_v6" 16;
        BOTH "Standard_D32s_v6" 32;
        BOTH "Standard_D48s_v6" 48;
        BOTH "Standard_D64s_v6" 64;
        BOTH "Standard_D96s_v6" 96;
    }
    "standardDDSv6Family" V4_19 {
        BOTH "Standard_D4ds_v6" 4;
        BOTH "Standard_D8ds_v6" 8;
        BOTH "Standard_D16ds_v6" 16;
        BOTH "Standard_D32ds_v6" 32;
        BOTH "Standard_D48ds_v6" 48;
        BOTH "Standard_D64ds_v6" 64;
        BOTH "Standard_D96ds_v6" 96;
    }
    "standardDLSv6Family" V4_19 {
        WORKER "Standard_D4ls_v6" 4;
        WORKER "Standard_D8ls_v6" 8;
        WORKER "Standard_D16ls_v6" 16;
        WORKER "Standard_D32ls_v6" 32;
        WORKER "Standard_D48ls_v6" 48;
        WORKER "Standard_D64ls_v6" 64;
        WORKER "Standard_D96ls_v6" 96;
    }
    "standardDLDSv6Family" V4_19 {
        WORKER "Standard_D4lds_v6" 4;
        WORKER "Standard_D8lds_v6" 8;
        WORKER "Standard_D16lds_v6" 16;
        WORKER "Standard_D1l6ds_v6" 16;
        WORKER "Standard_D32lds_v6" 32;
        WORKER "Standard_D48lds_v6" 48;
        WORKER "Standard_D64lds_v6" 64;
        WORKER "Standard_D96lds_v6" 96;
    }
    "standardDASv4Family" ANY {
        WORKER "Standard_D4as_v4" 4;
        WORKER "Standard_D64as_v4" 64;
        WORKER "Standard_D96as_v4" 96;
        BOTH "Standard_D8as_v4" 8;
        BOTH "Standard_D16as_v4" 16;
        BOTH "Standard_D32as_v4" 32;
    }
    "standardDASv5Family" ANY {
        WORKER "Standard_D4as_v5" 4;
        WORKER "Standard_D64as_v5" 64;
        WORKER "Standard_D96as_v5" 96;
        BOTH "Standard_D8as_v5" 8;
        BOTH "Standard_D16as_v5" 16;
        BOTH "Standard_D32as_v5" 32;
    }
    "standardDDSv5Family" ANY {
        WORKER "Standard_D4ds_v5" 4;
        WORKER "Standard_D48ds_v5" 48;
        WORKER "Standard_D64ds_v5" 64;
        WORKER "Standard_D96ds_v5" 96;
        BOTH "Standard_D8ds_v5" 8;
        BOTH "Standard_D16ds_v5" 16;
        BOTH "Standard_D32ds_v5" 32;
    }
    "standardESv3Family" ANY {
        WORKER "Standard_E4s_v3" 4;
        BOTH "Standard_E8s_v3" 8;
        BOTH "Standard_E16s_v3" 16;
        BOTH "Standard_E32s_v3" 32;
        BOTH "Standard_E64is_v3" 64;
    }
    "standardESv4Family" ANY {
        WORKER "Standard_E2s_v4" 2;
        WORKER "Standard_E4s_v4" 4;
        BOTH "Standard_E8s_v4" 8;
        BOTH "Standard_E16s_v4" 16;
        BOTH "Standard_E20s_v4" 20;
        BOTH "Standard_E32s_v4" 32;
        BOTH "Standard_E48s_v4" 48;
        BOTH "Standard_E64s_v4" 64;
    }
    "standardESv5Family" ANY {
        WORKER "Standard_E2s_v5" 2;
        WORKER "Standard_E4s_v5" 4;
        BOTH "Standard_E8s_v5" 8;
        BOTH "Standard_E16s_v5" 16;
        BOTH "Standard_E20s_v5" 20;
        BOTH "Standard_E32s_v5" 32;
        BOTH "Standard_E48s_v5" 48;
        BOTH "Standard_E64s_v5" 64;
        BOTH "Standard_E96s_v5" 96;
    }
    "standardEASv4Family" ANY {
        BOTH "Standard_E4as_v4" 4;
        BOTH "Standard_E8as_v4" 8;
        BOTH "Standard_E16as_v4" 16;
        BOTH "Standard_E20as_v4" 20;
        BOTH "Standard_E32as_v4" 32;
        BOTH "Standard_E48as_v4" 48;
        BOTH "Standard_E64as_v4" 64;
        BOTH "Standard_E96as_v4" 96;
    }
    "standardEASv5Family" ANY {
        BOTH "Standard_E8as_v5" 8;
        BOTH "Standard_E16as_v5" 16;
        BOTH "Standard_E20as_v5" 20;
        BOTH "Standard_E32as_v5" 32;
        BOTH "Standard_E48as_v5" 48;
        BOTH "Standard_E64as_v5" 64;
        BOTH "Standard_E96as_v5" 96;
    }
    "standardEISv4Family" ANY {
        BOTH "Standard_E80is_v4" 80;
    }
    "standardEIDSv4Family" ANY {
        BOTH "Standard_E80ids_v4" 80;
    }
    "standardEDSv5Family" ANY {
        WORKER "Standard_E96ds_v5" 96;
    }
    "standardEISv5Family" ANY {
        BOTH "Standard_E104is_v5" 104;
    }
    "standardEIDSv5Family" ANY {
        BOTH "Standard_E104ids_v5" 104;
    }
    "standardFSv2Family" ANY {
        WORKER "Standard_F4s_v2" 4;
        WORKER "Standard_F8s_v2" 8;
        WORKER "Standard_F16s_v2" 16;
        WORKER "Standard_F32s_v2" 32;
        BOTH "Standard_F72s_v2" 72;
    }
    "standardMSFamily" ANY {
        BOTH "Standard_M128ms" 128;
    }
    "standardLsv2Family" ANY {
        WORKER "Standard_L4s" 4;
        WORKER "Standard_L8s" 8;
        WORKER "Standard_L16s" 16;
        WORKER "Standard_L32s" 32;
        WORKER "Standard_L8s_v2" 8;
        WORKER "Standard_L16s_v2" 16;
        WORKER "Standard_L32s_v2" 32;
        WORKER "Standard_L48s_v2" 48;
        WORKER "Standard_L64s_v2" 64;
    }
    "standardLsv3Family" ANY {
        WORKER "Standard_L8s_v3" 8;
        WORKER "Standard_L16s_v3" 16;
        WORKER "Standard_L32s_v3" 32;
        WORKER "Standard_L48s_v3" 48;
        WORKER "Standard_L64s_v3" 64;
    }
    "standardLsv4Family" V4_19 {
        WORKER "Standard_L4s_v4" 4;
        WORKER "Standard_L8s_v4" 8;
        WORKER "Standard_L16s_v4" 16;
        WORKER "Standard_L32s_v4" 32;
        WORKER "Standard_L48s_v4" 48;
        WORKER "Standard_L64s_v4" 64;
        WORKER "Standard_L80s_v4" 80;
    }
    "Standard NCASv3_T4 Family" ANY {
        WORKER "Standard_NC4as_T4_v3" 4;
        WORKER "Standard_NC8as_T4_v3" 8;
        WORKER "Standard_NC16as_T4_v3" 16;
        WORKER "Standard_NC64as_T4_v3" 64;
    }
    "Standard NCSv3 Family" ANY {
        WORKER "Standard_NC6s_v3" 6;
        WORKER "Standard_NC12s_v3" 12;
        WORKER "Standard_NC24s_v3" 24;
        WORKER "Standard_NC24rs_v3" 24;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(role: Role) -> usize {
        VmSize::all().iter().filter(|size| size.supports(role)).count()
    }

    #[test]
    fn as_many_sizes_as_specified_and_the_right_spelling_of_one() {
        assert_eq!(count(Role::Master), 70);
        assert_eq!(count(Role::Worker), 139 + 1);
        assert_eq!(count(Role::DevelopmentWorker), 3);
        assert_eq!(VmSize::all().len(), 142 + 1);
        let mut names: Vec<_> = VmSize::all().iter().map(|size| size.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), VmSize::all().len());
    }

    #[test]
    fn both_spellings_are_the_same_size() {
        let (typo, right) = (
            VmSize::find("Standard_D1l6ds_v6").unwrap(),
            VmSize::find("Standard_D16lds_v6").unwrap(),
        );
        assert_eq!(
            (typo.cores, typo.family, typo.minimum),
            (right.cores, right.family, right.minimum)
        );
        assert_eq!(typo.cores, 16);
    }

    #[test]
    fn minimum_versions_count_numbers_only() {
        let size = VmSize::find("Standard_D8s_v6").unwrap();
        for (version, supported) in [
            ("4.18.99", false),
            ("4.19.0", true),
            ("4.19.0-rc.1", true),
            ("5.0.0", true),
            ("4.9.0", false),
            ("", true),
            ("latest", true),
        ] {
            assert_eq!(size.supports_version(version), supported, "{version}");
        }
        assert!(VmSize::find("Standard_D8s_v5").unwrap().supports_version("4.3.0"));
    }

    #[test]
    fn development_sizes_exclude_all_others() {
        let (small, usual) = (
            VmSize::find("Standard_D2s_v3").unwrap(),
            VmSize::find("Standard_D4s_v3").unwrap(),
        );
        assert!(!small.supports(Role::Worker) && small.supports(Role::DevelopmentWorker));
        assert!(usual.supports(Role::Worker) && !usual.supports(Role::DevelopmentWorker));
        assert!(!small.supports(Role::Master) && !usual.supports(Role::Master));
    }

    #[test]
    fn case_counts_except_where_asked() {
        assert!(VmSize::find("STANDARD_D8S_V3").is_none());
        assert_eq!(
            VmSize::find_ignore_case("STANDARD_D8S_V3").unwrap().name,
            "Standard_D8s_v3"
        );
    }
}
