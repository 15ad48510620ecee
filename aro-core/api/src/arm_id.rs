//! Azure resource ids: parsers that borrow from the text, ignore case where Azure does, and allocate nothing.
//!
//! ```
//! use aro_api::arm_id::SubnetId;
//!
//! let text = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg\
//!             /providers/Microsoft.Network/virtualNetworks/vnet/subnets/master";
//! let id = SubnetId::parse(text).unwrap();
//! assert_eq!((id.resource_group, id.vnet, id.subnet), ("rg", "vnet", "master"));
//! assert!(id.vnet_id.ends_with("/virtualNetworks/vnet"));
//! ```

use crate::grammar;

/// The provider namespace of this product, in its usual spelling.
pub const PROVIDER_NAMESPACE: &str = "Microsoft.RedHatOpenShift";
/// The cluster type below [`PROVIDER_NAMESPACE`], in its usual spelling.
pub const CLUSTER_TYPE_SEGMENT: &str = "openShiftClusters";
/// The full cluster type.
pub const CLUSTER_TYPE: &str = "Microsoft.RedHatOpenShift/openShiftClusters";

/// Whether two resource ids (or names, types, locations) are the same to Azure: equal but for case.
pub fn eq_ignore_case(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().map(fold).eq(b.chars().map(fold))
}

/// Simple case folding as far as ids need it: the long s and the Kelvin sign fold to ASCII letters.
pub(crate) fn fold(c: char) -> char {
    match c {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        c if c.is_ascii() => c.to_ascii_lowercase(),
        c => {
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(single), None) => single,
                _ => c,
            }
        }
    }
}

/// Takes `word` (ignoring case) off the front of `text`.
fn take<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    if let (Some(head), Some(rest)) = (text.get(..word.len()), text.get(word.len()..))
        && head.eq_ignore_ascii_case(word)
    {
        return Some(rest);
    }
    if text.is_ascii() {
        return None;
    }
    let mut rest = text.chars();
    for expected in word.chars() {
        if fold(rest.next()?) != fold(expected) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// Splits the text before the next `/`; the rest keeps the `/`.
fn segment(text: &str) -> (&str, &str) {
    match text.find('/') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    }
}

/// `/subscriptions/{uuid}/resourceGroups/{name}` and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceGroupId<'a> {
    /// The subscription as written.
    pub subscription_id: &'a str,
    /// The name as written.
    pub resource_group: &'a str,
}

impl<'a> ResourceGroupId<'a> {
    /// Parses the whole text; `None` if it is not such an id.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (id, rest) = Self::prefix(text)?;
        rest.is_empty().then_some(id)
    }

    fn prefix(text: &'a str) -> Option<(Self, &'a str)> {
        let (subscription_id, rest) = segment(take(text, "/subscriptions/")?);
        let (resource_group, rest) = segment(take(rest, "/resourceGroups/")?);
        (grammar::is_canonical_uuid(subscription_id) && grammar::is_resource_group_name(resource_group)).then_some((
            Self {
                subscription_id,
                resource_group,
            },
            rest,
        ))
    }
}

/// The id of a cluster of this resource provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterId<'a> {
    /// The subscription as written.
    pub subscription_id: &'a str,
    /// The resource group as written.
    pub resource_group: &'a str,
    /// The name as written.
    pub name: &'a str,
}

impl<'a> ClusterId<'a> {
    /// Parses the whole text; `None` if it is not such an id.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (group, rest) = ResourceGroupId::prefix(text)?;
        let name = take(rest, "/providers/Microsoft.RedHatOpenShift/openShiftClusters/")?;
        grammar::is_resource_group_name(name).then_some(Self {
            subscription_id: group.subscription_id,
            resource_group: group.resource_group,
            name,
        })
    }
}

/// The id of a subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubnetId<'a> {
    /// The subscription as written.
    pub subscription_id: &'a str,
    /// The resource group as written.
    pub resource_group: &'a str,
    /// The name of the virtual network as written.
    pub vnet: &'a str,
    /// The name of the subnet as written.
    pub subnet: &'a str,
    /// The id of the virtual network as written.
    pub vnet_id: &'a str,
}

impl<'a> SubnetId<'a> {
    /// Parses the whole text; `None` if it is not such an id.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (group, rest) = ResourceGroupId::prefix(text)?;
        let (vnet, rest) = segment(take(rest, "/providers/Microsoft.Network/virtualNetworks/")?);
        let subnet = take(rest, "/subnets/")?;
        let valid = grammar::is_network_name(vnet, grammar::VNET_NAME)
            && grammar::is_network_name(subnet, grammar::SUBNET_NAME);
        valid.then_some(Self {
            subscription_id: group.subscription_id,
            resource_group: group.resource_group,
            vnet,
            subnet,
            vnet_id: &text[..text.len() - rest.len()],
        })
    }
}

/// The id of a disk encryption set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskEncryptionSetId<'a> {
    /// The subscription as written.
    pub subscription_id: &'a str,
    /// The resource group as written.
    pub resource_group: &'a str,
    /// The name as written.
    pub name: &'a str,
}

impl<'a> DiskEncryptionSetId<'a> {
    /// Parses the whole text; `None` if it is not such an id.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (group, rest) = ResourceGroupId::prefix(text)?;
        let name = take(rest, "/providers/Microsoft.Compute/diskEncryptionSets/")?;
        grammar::is_disk_encryption_set_name(name).then_some(Self {
            subscription_id: group.subscription_id,
            resource_group: group.resource_group,
            name,
        })
    }
}

/// Any Azure resource id, cut by the general rules: empty segments are skipped, names are not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceId<'a> {
    /// The subscription, unless the resource belongs to the tenant.
    pub subscription_id: Option<&'a str>,
    /// The resource group, if the resource lives in one.
    pub resource_group: Option<&'a str>,
    /// The namespace of the last provider; empty for subscriptions and resource groups.
    pub namespace: &'a str,
    /// The last segment of the type; empty for a bare provider.
    pub type_segment: &'a str,
    /// How many segments the type has after its namespace (1 for a top-level resource).
    pub depth: usize,
    /// The name of the resource.
    pub name: &'a str,
}

impl<'a> ResourceId<'a> {
    /// Parses the whole text; `None` if it is not a resource id.
    pub fn parse(text: &'a str) -> Option<Self> {
        let first = text.strip_prefix('/')?;
        let mut id = Self {
            subscription_id: None,
            resource_group: None,
            namespace: "",
            type_segment: "",
            depth: 0,
            name: "",
        };
        let mut rest = first.split('/').filter(|part| !part.is_empty()).peekable();
        let head = *rest.peek()?;
        let known = |word: &str, name: &str| word.eq_ignore_ascii_case(name);
        if !known(head, "subscriptions") && !known(head, "providers") {
            return None;
        }
        let mut segments = 0;
        while let Some(part) = rest.next() {
            segments += 1;
            if known(part, "providers") {
                let namespace = rest.next()?;
                if rest.peek().is_none_or(|next| known(next, "providers")) {
                    // A provider by itself belongs to the tenant or to a subscription only.
                    if id.resource_group.is_some() || !id.namespace.is_empty() {
                        return None;
                    }
                    (id.namespace, id.type_segment, id.depth, id.name) = (namespace, "", 0, "");
                    continue;
                }
                let (type_segment, name) = (rest.next()?, rest.next()?);
                (id.namespace, id.type_segment, id.depth, id.name) = (namespace, type_segment, 1, name);
                continue;
            }
            let Some(name) = rest.next() else {
                // A collection or an action at the end; subscriptions and groups need their names.
                let bare = known(part, "subscriptions") || known(part, "resourceGroups");
                if bare || segments == 1 || (id.resource_group.is_some() && id.namespace.is_empty()) {
                    return None;
                }
                (id.type_segment, id.name) = (part, "");
                id.depth += 1;
                break;
            };
            if known(part, "subscriptions") && segments == 1 {
                id.subscription_id = Some(name);
            } else if known(part, "resourceGroups") {
                id.resource_group = Some(name);
            } else {
                id.depth += 1;
            }
            (id.type_segment, id.name) = (part, name);
        }
        Some(id)
    }

    /// Whether this is a user-assigned managed identity (the segment's case counts, the namespace does not).
    pub fn is_user_assigned_identity(&self) -> bool {
        self.type_segment == "userAssignedIdentities" && self.depth == 1 && !self.namespace.is_empty()
    }
}

/// Splits the id of a subnet into the id of its virtual network and its own name by position alone (eleven parts
/// between slashes), as stored ids may be older than today's rules.
pub fn split_subnet(id: &str) -> Option<(&str, &str)> {
    if id.bytes().filter(|&byte| byte == b'/').count() != 10 {
        return None;
    }
    let (rest, subnet) = id.rsplit_once('/')?;
    let (vnet_id, _) = rest.rsplit_once('/')?;
    Some((vnet_id, subnet))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg";

    fn below(rest: &str) -> String {
        format!("{GROUP}/providers/{rest}")
    }

    #[test]
    fn resource_group_ids_ignore_case_and_need_the_whole_text() {
        assert!(ResourceGroupId::parse(GROUP).is_some());
        assert!(ResourceGroupId::parse(&GROUP.to_uppercase()).is_some());
        assert!(ResourceGroupId::parse(&GROUP.to_lowercase()).is_some());
        for wrong in [
            format!("{GROUP}/"),
            format!("{GROUP}\n"),
            format!("x{GROUP}"),
            format!(" {GROUP}"),
            format!("{GROUP}."),
            "/subscriptions/not-a-guid/resourceGroups/x".into(),
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/".into(),
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/\u{fc}".into(),
            String::new(),
        ] {
            assert_eq!(ResourceGroupId::parse(&wrong), None, "{wrong}");
        }
        let long_s = "/subscriptions/00000000-0000-0000-0000-000000000000/re\u{17f}ourceGroups/x";
        assert!(ResourceGroupId::parse(long_s).is_some());
    }

    #[test]
    fn subnet_ids_have_names_of_bounded_length() {
        let subnet = |vnet: &str, subnet: &str| {
            SubnetId::parse(&below(&format!(
                "Microsoft.Network/virtualNetworks/{vnet}/subnets/{subnet}"
            )))
            .is_some()
        };
        assert!(subnet("vnet", "master"));
        for (vnet, name, valid) in [
            (1, 2, false),
            (2, 2, true),
            (64, 80, true),
            (65, 80, false),
            (64, 81, false),
            (2, 1, false),
        ] {
            assert_eq!(subnet(&"v".repeat(vnet), &"s".repeat(name)), valid, "{vnet} {name}");
        }
        assert!(!subnet("vnet", "master/x"));
        assert!(!subnet("vnet", "master\n"));
        assert!(SubnetId::parse(&below("MicrosoftXNetwork/virtualNetworks/vnet/subnets/master")).is_none());
        let text = below("Microsoft.Network/virtualNetworks/vnet/subnets/master");
        let id = SubnetId::parse(&text).unwrap();
        assert_eq!(id.vnet_id, below("Microsoft.Network/virtualNetworks/vnet"));
    }

    #[test]
    fn disk_encryption_set_names_have_no_dots() {
        let set = |name: &str| {
            DiskEncryptionSetId::parse(&below(&format!("Microsoft.Compute/diskEncryptionSets/{name}"))).is_some()
        };
        assert!(set("des_-") && set(&"d".repeat(80)));
        assert!(!set("des.x") && !set(&"d".repeat(81)) && !set("") && !set("des/"));
    }

    #[test]
    fn cluster_ids_are_read_in_any_case() {
        let text = below("Microsoft.RedHatOpenShift/openShiftClusters/Name");
        assert_eq!(ClusterId::parse(&text).unwrap().name, "Name");
        assert_eq!(ClusterId::parse(&text.to_uppercase()).unwrap().name, "NAME");
        assert!(ClusterId::parse(&format!("{text}/")).is_none());
    }

    #[test]
    fn general_ids_follow_the_rules_of_azure_clients() {
        let identity = below("Microsoft.ManagedIdentity/userAssignedIdentities/x");
        let id = ResourceId::parse(&identity).unwrap();
        assert!(id.is_user_assigned_identity());
        assert_eq!((id.resource_group, id.name), (Some("rg"), "x"));
        assert!(
            ResourceId::parse(&format!("{identity}/"))
                .unwrap()
                .is_user_assigned_identity()
        );
        assert!(
            !ResourceId::parse(&format!("{identity}/a/b"))
                .unwrap()
                .is_user_assigned_identity()
        );
        assert!(
            !ResourceId::parse(&identity.to_lowercase())
                .unwrap()
                .is_user_assigned_identity()
        );
        assert!(!ResourceId::parse(GROUP).unwrap().is_user_assigned_identity());
        for wrong in [
            "",
            "/",
            "bad",
            "subscriptions/x",
            "/subscriptions",
            "/x/y",
            "/subscriptions/s/resourceGroups",
        ] {
            assert_eq!(ResourceId::parse(wrong), None, "{wrong}");
        }
        assert_eq!(
            ResourceId::parse(&below("Microsoft.ManagedIdentity/userAssignedIdentities/")),
            None
        );
    }

    #[test]
    fn stored_subnet_ids_split_by_position() {
        let text = below("Microsoft.Network/virtualNetworks/vnet/subnets/master");
        assert_eq!(
            split_subnet(&text),
            Some((below("Microsoft.Network/virtualNetworks/vnet").as_str(), "master"))
        );
        assert_eq!(split_subnet("invalid"), None);
        assert_eq!(split_subnet(&format!("{text}/")), None);
    }

    #[test]
    fn names_compare_without_case() {
        assert!(eq_ignore_case("/A/b", "/a/B"));
        assert!(eq_ignore_case("\u{212A}", "k"));
        assert!(!eq_ignore_case("a", "b"));
        assert!(!eq_ignore_case("a", "aa"));
    }
}
