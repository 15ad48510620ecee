//! Names of what a cluster has in Azure. A name is either worked out from the document or drawn once and kept there before
//! it is used, so that whoever repeats a step finds what the step before it has made.

use aws_lc_rs::digest;
use uuid::Uuid;

/// Characters of the random part of an infrastructure id: none that form words or look alike.
const SAFE: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
/// Characters of a storage suffix.
const SUFFIX: &[u8] = b"bcdfghjklmnpqrstvwxyz0123456789";

/// The end of the names of public addresses that only serve to call out.
pub(crate) const OUTBOUND_ADDRESS: &str = "-outbound-pip-v4";

/// Names that contain the infrastructure id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names<'a> {
    /// The infrastructure id.
    pub infra_id: &'a str,
}

impl Names<'_> {
    /// The network security group.
    #[must_use]
    pub fn security_group(&self) -> String {
        format!("{}-nsg", self.infra_id)
    }

    /// The load balancer inside the virtual network.
    #[must_use]
    pub fn internal_load_balancer(&self) -> String {
        format!("{}-internal", self.infra_id)
    }

    /// The load balancer to the internet.
    #[must_use]
    pub fn public_load_balancer(&self) -> String {
        self.infra_id.to_owned()
    }

    /// The public address of the API server; also used to call out.
    #[must_use]
    pub fn api_address(&self) -> String {
        format!("{}-pip-v4", self.infra_id)
    }

    /// The public address of the ingress.
    #[must_use]
    pub fn ingress_address(&self) -> String {
        format!("{}-default-v4", self.infra_id)
    }

    /// The private link service in front of the API server.
    #[must_use]
    pub fn private_link_service(&self) -> String {
        format!("{}-pls", self.infra_id)
    }

    /// The private endpoint to the gateway.
    #[must_use]
    pub fn gateway_endpoint(&self) -> String {
        format!("{}-pe", self.infra_id)
    }

    /// The machine that starts the installation, its disk and its network interface.
    #[must_use]
    pub fn bootstrap(&self) -> [String; 3] {
        ["", "_OSDisk", "-nic"].map(|suffix| format!("{}-bootstrap{suffix}", self.infra_id))
    }
}

/// An infrastructure id: the cluster's name made fit, and five random characters.
pub(crate) fn infra_id(cluster_name: &str, random: Uuid) -> String {
    let mut name = String::new();
    for c in cluster_name.to_lowercase().chars() {
        let c = if c.is_ascii_alphanumeric() { c } else { '-' };
        if c != '-' || !name.ends_with('-') {
            name.push(c);
        }
    }
    name.truncate(21);
    format!("{}-{}", name.trim_end_matches('-'), draw(SAFE, 5, random))
}

/// The part of storage account names that makes them unique in the world.
pub(crate) fn storage_suffix(random: Uuid) -> String {
    draw(SUFFIX, 10, random)
}

/// Names of public addresses that machines call out from, besides the API server's. They follow from the document's id, so
/// every attempt asks for the same ones.
pub(crate) fn outbound_addresses(document_id: &str, count: usize) -> Vec<String> {
    (0..count)
        .map(|index| {
            let id = Uuid::from_u64_pair(spread(document_id, index, 1), spread(document_id, index, 2));
            format!("{id}{OUTBOUND_ADDRESS}")
        })
        .collect()
}

/// The name of a role assignment: it follows from scope, role and principal, as Azure asks for an id of its own for each.
pub(crate) fn role_assignment(scope: &str, role: &str, principal: &str) -> String {
    let text = format!("{}\n{role}\n{principal}", scope.to_lowercase());
    Uuid::from_u64_pair(spread(&text, 0, 3), spread(&text, 0, 4)).to_string()
}

/// The name of the deny assignment of a managed resource group.
pub(crate) fn deny_assignment(scope: &str) -> String {
    let text = format!("{}\ndeny", scope.to_lowercase());
    Uuid::from_u64_pair(spread(&text, 0, 5), spread(&text, 0, 6)).to_string()
}

/// Longest name of a federated credential.
const LONGEST: usize = 120;

/// The name of the federated credential by which an identity trusts a service account (`system:serviceaccount:a:b`). A
/// cluster and its service accounts are told apart by a digest; what comes before it is for people. Characters that Azure
/// does not take there become dashes.
pub(crate) fn federated_credential(cluster: &str, identity_id: &str, account: &str) -> String {
    let account = account.rsplit(':').next().unwrap_or_default();
    let identity = identity_id.rsplit('/').next().unwrap_or_default();
    let readable = format!("{cluster}_{account}");
    let digest = digest::digest(&digest::SHA224, format!("{readable}-{account}-{identity}").as_bytes());
    let digest = base36(digest.as_ref());
    let mut name: String = readable
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .collect();
    name.truncate(LONGEST - 1 - digest.len());
    format!("{name}_{digest}")
}

/// A big-endian number in digits and lower-case letters.
fn base36(bytes: &[u8]) -> String {
    let mut number = bytes.to_vec();
    let mut digits = Vec::new();
    while number.iter().any(|byte| *byte != 0) {
        let mut rest = 0;
        for byte in &mut number {
            let value = rest * 256 + u32::from(*byte);
            // Less than 36 * 256, so the quotient fits a byte.
            *byte = u8::try_from(value / 36).unwrap_or(u8::MAX);
            rest = value % 36;
        }
        digits.push(char::from_digit(rest, 36).unwrap_or('0'));
    }
    digits.iter().rev().collect()
}

fn draw(alphabet: &[u8], count: usize, random: Uuid) -> String {
    let mut bits = random.as_u128();
    let size = alphabet.len() as u128;
    (0..count)
        .map(|_| {
            // The remainder of a division by the size is an index into the alphabet.
            let index = usize::try_from(bits % size).unwrap_or(0);
            bits /= size;
            char::from(alphabet[index])
        })
        .collect()
}

/// FNV-1a: spreads well, and nothing rests on its being hard to invert.
fn spread(text: &str, index: usize, salt: u8) -> u64 {
    let salt = [
        salt,
        u8::try_from(index % 251).unwrap_or(0),
        u8::try_from(index / 251 % 251).unwrap_or(0),
    ];
    text.bytes().chain(salt).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infra_ids_fit() {
        let random = Uuid::from_u128(123_456_789_012_345_678_901_234_567_890);
        for (name, start) in [
            ("Aro_Cluster..1", "aro-cluster-1-"),
            ("a", "a-"),
            ("abcdefghijklmnopqrst-uvwxyz", "abcdefghijklmnopqrst-"),
            ("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstu-"),
        ] {
            let id = infra_id(name, random);
            assert!(id.starts_with(start), "{id}");
            assert!(id.len() <= 27 && id.len() == start.len() + 5, "{id}");
        }
    }

    #[test]
    fn names_repeat_and_differ() {
        let first = outbound_addresses("doc", 3);
        assert_eq!(first, outbound_addresses("doc", 3));
        assert_eq!(first[..2], outbound_addresses("doc", 2)[..]);
        assert!(first[0] != first[1] && first[0] != outbound_addresses("other", 1)[0]);
        assert_eq!(role_assignment("/A", "r", "p"), role_assignment("/a", "r", "p"));
        assert_ne!(role_assignment("/a", "r", "p"), role_assignment("/a", "r", "q"));
        assert_eq!(storage_suffix(Uuid::from_u128(7)).len(), 10);
    }

    #[test]
    fn federated_credentials_have_names_that_azure_takes() {
        assert_eq!(base36(&[0, 1, 0, 0]), "1ekg");
        assert_eq!(base36(&[35]), "z");
        let name = |cluster: &str| federated_credential(cluster, "/s/identities/disk", "system:serviceaccount:ns:sa-1");
        let one = name("Cluster.One");
        assert!(one.starts_with("Cluster-One_sa-1_") && one.len() <= 120, "{one}");
        assert_ne!(one, name("Cluster-One"), "the digest is of the real name");
        let long = name(&"x".repeat(200));
        assert_eq!(long.len(), 120);
        assert_ne!(long, name(&"x".repeat(201)));
        assert_ne!(
            one,
            federated_credential("Cluster.One", "/s/identities/file", "system:serviceaccount:ns:sa-1")
        );
    }
}
