//! The api-versions: one row each. No other file but the annotations of the model and the rules names a version.

use std::fmt;

/// An api-version that this service knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiVersion(u8);

/// A set of api-versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Versions(u16);

/// How a version reads and writes JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Objects are always there, members come in declared order, an empty list is left out, names match without
    /// regard to case, and null clears what can be absent.
    Legacy,
    /// What is zero is left out, members are sorted, names match exactly, and null means nothing.
    Modern,
}

/// What is known of a version.
struct Row {
    name: &'static str,
    dialect: Dialect,
    admin_credentials: bool,
    versions: bool,
    role_sets: bool,
    credentials: bool,
}

const fn legacy(name: &'static str, admin_credentials: bool, versions: bool, role_sets: bool) -> Row {
    Row {
        name,
        dialect: Dialect::Legacy,
        admin_credentials,
        versions,
        role_sets,
        credentials: true,
    }
}

/// A version of the modern dialect, with every operation that customers may use.
const fn modern(name: &'static str) -> Row {
    Row {
        dialect: Dialect::Modern,
        ..legacy(name, true, true, true)
    }
}

/// All versions, oldest first, the admin API last. The position is the bit in [`Versions`].
const ROWS: &[Row] = &[
    legacy("2019-12-31-preview", false, false, false),
    legacy("2020-04-30", false, false, false),
    legacy("2021-09-01-preview", true, false, false),
    legacy("2022-04-01", true, false, false),
    legacy("2022-09-04", true, true, false),
    legacy("2023-04-01", true, true, false),
    legacy("2023-07-01-preview", true, true, false),
    legacy("2023-09-04", true, true, false),
    legacy("2023-11-22", true, true, false),
    legacy("2024-08-12-preview", true, true, true),
    modern("2025-07-25"),
    // What a next version takes; see `docs/adding-an-api-version.md`.
    #[cfg(test)]
    modern("2099-01-01"),
    Row {
        credentials: false,
        ..legacy("admin", false, true, true)
    },
];

const ADMIN: usize = ROWS.len() - 1;

impl ApiVersion {
    /// The version that the value of the query parameter `api-version` names, exactly as ARM writes it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|version| version.name() == name)
    }

    /// Every version, oldest first, the admin API last.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..ROWS.len() as u8).map(Self)
    }

    /// The newest version that customers may use.
    pub const fn latest() -> Self {
        Self(ADMIN as u8 - 1)
    }

    /// The version of the admin API.
    pub const fn admin() -> Self {
        Self(ADMIN as u8)
    }

    /// The name, as ARM writes it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether this is the admin API.
    pub fn is_admin(self) -> bool {
        usize::from(self.0) == ADMIN
    }

    /// How the version reads and writes JSON.
    pub fn dialect(self) -> Dialect {
        self.row().dialect
    }

    /// Whether `listCredentials` exists.
    pub fn has_credentials(self) -> bool {
        self.row().credentials
    }

    /// Whether `listAdminCredentials` exists.
    pub fn has_admin_credentials(self) -> bool {
        self.row().admin_credentials
    }

    /// Whether the OpenShift versions can be read.
    pub fn has_versions(self) -> bool {
        self.row().versions
    }

    /// Whether the role sets of platform workload identities can be read.
    pub fn has_role_sets(self) -> bool {
        self.row().role_sets
    }

    fn row(self) -> &'static Row {
        &ROWS[usize::from(self.0)]
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Versions {
    /// No version.
    pub const NONE: Self = Self(0);
    /// Every version, the admin API too.
    pub const ALL: Self = Self((1 << ROWS.len()) - 1);

    /// The one version of that name. In a constant an unknown name is a compile error.
    pub const fn one(name: &str) -> Self {
        Self(1 << position(name))
    }

    /// That version and every later one that customers may use.
    pub const fn since(name: &str) -> Self {
        let dated = (1 << ADMIN) - 1;
        Self(dated & !((1 << position(name)) - 1))
    }

    /// Either set.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The versions of this set that are not in the other.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the version is in the set.
    pub const fn contains(self, version: ApiVersion) -> bool {
        self.0 & (1 << version.0) != 0
    }
}

const fn position(name: &str) -> usize {
    let mut index = 0;
    while index < ROWS.len() {
        if same(ROWS[index].name.as_bytes(), name.as_bytes()) {
            return index;
        }
        index += 1;
    }
    panic!("an annotation names an api-version that the registry does not have")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_by_their_exact_name() {
        for version in ApiVersion::all() {
            assert_eq!(ApiVersion::parse(version.name()), Some(version));
        }
        assert_eq!(ApiVersion::parse("2023-11-22-preview"), None);
        assert_eq!(ApiVersion::parse("Admin"), None);
    }

    #[test]
    fn an_open_range_ends_before_the_admin_api() {
        let set = Versions::since(ApiVersion::latest().name());
        assert!(set.contains(ApiVersion::latest()));
        assert!(!set.contains(ApiVersion::admin()));
        assert!(Versions::ALL.contains(ApiVersion::admin()));
    }
}
