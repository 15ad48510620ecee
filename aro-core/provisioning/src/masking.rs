//! Text of machines and services without what looks like a secret, before it is kept or logged.

use std::sync::LazyLock;

use regex::Regex;
use zeroize::Zeroizing;

const MASK: &str = "[masked]";
/// Shorter values of the cluster's own secrets would mask ordinary words.
const SHORTEST: usize = 8;

/// What secrets look like. Groups named `keep` stay.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        // A block of PEM, also one that is cut off.
        r"(?s)-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\z)",
        // A JSON Web Token.
        r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?",
        // Credentials of a request.
        r"(?i)(?P<keep>\b(?:bearer|basic)\s+)[A-Za-z0-9+/=._~-]{8,}",
        // Credentials inside a URL: user and password, or a signature.
        r"(?P<keep>://)[^\s/@:]+:[^\s/@]+@",
        r"(?i)(?P<keep>[?&](?:sig|signature|code|token|key)=)[^\s&]+",
        // Named values: password=…, "clientSecret": "…", auth: ….
        r#"(?i)(?P<keep>["']?\w*(?:passw(?:or)?d|passphrase|secret|token|credential|accountkey|apikey|auth)["']?\s*[:=]\s*["']?)[^\s"',;]{4,}"#,
        // Entries of shadow files.
        r"\$[0-9a-z]{1,2}\$[./A-Za-z0-9$]{16,}",
        // Long keys in base64 or hexadecimal.
        r"\b[A-Za-z0-9+/]{64,}={0,2}",
    ];
    // Each of them is a constant that the tests compile.
    patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});

/// Masks the secrets that are known, and whatever looks like one.
#[derive(Default)]
pub(crate) struct Mask {
    known: Vec<Zeroizing<String>>,
}

impl Mask {
    /// A mask for these secrets too.
    pub(crate) fn of(known: impl IntoIterator<Item = Zeroizing<String>>) -> Self {
        let known = known.into_iter().filter(|secret| secret.len() >= SHORTEST);
        Self { known: known.collect() }
    }

    /// The text without secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for secret in &self.known {
            masked = masked.replace(secret.as_str(), MASK);
        }
        for pattern in PATTERNS.iter() {
            let kept = |found: &regex::Captures<'_>| {
                let keep = found.name("keep").map_or("", |keep| keep.as_str());
                format!("{keep}{MASK}")
            };
            masked = pattern.replace_all(&masked, kept).into_owned();
        }
        masked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_the_rest_stays() {
        assert_eq!(PATTERNS.len(), 8);
        let mask = Mask::of(["CANARY-of-the-cluster", "short"].map(|secret| Zeroizing::new(secret.to_owned())));
        let long = "A".repeat(70);
        for (text, expected) in [
            (
                "ignition: short of CANARY-of-the-cluster",
                "ignition: short of [masked]",
            ),
            ("password=CANARY1 user=core", "password=[masked] user=core"),
            (
                r#"{"clientSecret": "CANARY", "id": 1}"#,
                r#"{"clientSecret": "[masked]", "id": 1}"#,
            ),
            ("Authorization: Bearer CANARY.abc-1", "Authorization: Bearer [masked]"),
            ("GET https://u:CANARY@host/path", "GET https://[masked]host/path"),
            (
                "https://a.blob/x?sv=1&sig=CANARY%3D&se=2",
                "https://a.blob/x?sv=1&sig=[masked]&se=2",
            ),
            ("eyJhbGciOiJSUzI1NiJ9.CANARY.CANARY end", "[masked] end"),
            (
                "a -----BEGIN RSA PRIVATE KEY-----\nCANARY\n-----END RSA PRIVATE KEY----- b",
                "a [masked] b",
            ),
            ("a -----BEGIN CERTIFICATE-----\nCANARY cut", "a [masked]"),
            ("root:$6$CANARYCANARYCANARY/x.:1", "root:[masked]:1"),
            (
                "Started kubelet.service - tokens are read.",
                "Started kubelet.service - tokens are read.",
            ),
            (
                "[  12.3] systemd[1]: Reached target basic.target",
                "[  12.3] systemd[1]: Reached target basic.target",
            ),
        ] {
            let masked = mask.text(text);
            assert_eq!(masked, expected);
            assert!(!masked.contains("CANARY"), "{masked}");
        }
        assert_eq!(mask.text(&format!("key {long} end")), "key [masked] end");
    }
}
