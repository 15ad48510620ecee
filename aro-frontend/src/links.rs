//! Absolute links to this service, as the client knows it.
//!
//! Clients talk to ARM, which tells the URL they used in `Referer`; a link with our own name in it would lead them to
//! a place they cannot reach. A `Referer` that names any other host is not believed: it would let a caller put a link of
//! its choice into a reply that another client follows with its credentials.

use url::{Host, Origin, Url};

/// Which hosts links may name.
#[derive(Debug, Clone)]
pub struct Links {
    arm: Vec<Origin>,
    loopback: bool,
    fallback: Url,
}

impl Links {
    /// Links on ARM's URLs. `fallback` is the base where a request names none of them.
    pub fn new(arm: impl IntoIterator<Item = Url>, fallback: Url) -> Links {
        Links {
            arm: arm.into_iter().map(|url| url.origin()).collect(),
            loopback: false,
            fallback,
        }
    }

    /// Also believes any `Referer` on this machine. For development.
    #[must_use]
    pub fn with_loopback(mut self) -> Links {
        self.loopback = true;
        self
    }

    /// The URL the client used, which is `referer` if it can be believed; `path_and_query` on the fallback if not.
    pub(crate) fn client_url(&self, referer: Option<&str>, path_and_query: &str) -> Url {
        if let Some(url) = referer
            .and_then(|text| Url::parse(text).ok())
            .filter(|url| self.believes(url))
        {
            return url;
        }
        let mut url = self.fallback.clone();
        match path_and_query.split_once('?') {
            Some((path, query)) => {
                url.set_path(path);
                url.set_query(Some(query));
            }
            None => {
                url.set_path(path_and_query);
                url.set_query(None);
            }
        }
        url
    }

    fn believes(&self, url: &Url) -> bool {
        if self.arm.contains(&url.origin()) {
            return true;
        }
        let loopback = match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        self.loopback && loopback && matches!(url.scheme(), "http" | "https")
    }
}

/// The same host and query with another path: the api-version stays the client's.
pub(crate) fn at_path(client_url: &Url, path: &str) -> String {
    let mut url = client_url.clone();
    url.set_path(path);
    url.set_fragment(None);
    url.to_string()
}

/// The same URL with one query parameter set, all of them in order of their names.
pub(crate) fn with_parameter(client_url: &Url, name: &str, value: &str) -> String {
    let mut pairs: Vec<(String, String)> = client_url
        .query_pairs()
        .into_owned()
        .filter(|(present, _)| present != name)
        .collect();
    pairs.push((name.to_string(), value.to_string()));
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut url = client_url.clone();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url.set_fragment(None);
    url.to_string()
}
