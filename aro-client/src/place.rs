//! Where operations live, and that no name leads elsewhere.

use progenitor_client::ClientInfo as _;
use url::Url;

use crate::transport::API_VERSION;
use crate::{Error, generated};

/// An operation of the API description.
pub(crate) struct Place {
    /// Its id, as generated calls give it.
    pub(crate) id: &'static str,
    /// Its path; names in braces stand for segments.
    pub(crate) path: &'static str,
}

impl Place {
    /// The version that the generated calls and types are made from.
    pub(crate) fn api_version() -> &'static str {
        generated::Client::api_version()
    }

    /// The URL with `names` in the place of those in braces, in their order.
    ///
    /// # Errors
    /// [`Error::Configuration`] where a name is empty or would leave its place, or the endpoint can have no path.
    pub(crate) fn url(&self, endpoint: &Url, names: &[&str], api_version: &str) -> Result<Url, Error> {
        let mut url = endpoint.clone();
        let mut names = names.iter();
        {
            let mut segments = url
                .path_segments_mut()
                .map_err(|()| Error::Configuration("the endpoint cannot have a path".to_owned()))?;
            segments.pop_if_empty();
            for segment in self.path.split('/').skip(1) {
                let name = if is_name(segment) {
                    names.next().copied().unwrap_or_default()
                } else {
                    segment
                };
                // The last two mean other places, however they are written.
                if matches!(name, "" | "." | "..") {
                    return Err(empty());
                }
                segments.push(name);
            }
        }
        url.query_pairs_mut().append_pair(API_VERSION, api_version);
        Ok(url)
    }

    /// Whether a URL that others have formed lies here.
    ///
    /// # Errors
    /// [`Error::Configuration`] where it does not: a name in it was empty, or led elsewhere.
    pub(crate) fn check(&self, endpoint: &Url, url: &Url) -> Result<(), Error> {
        let base = endpoint.path().trim_end_matches('/');
        let path = url.path().strip_prefix(base).unwrap_or_default();
        let (mut found, mut wanted) = (path.split('/').skip(1), self.path.split('/').skip(1));
        loop {
            return match (found.next(), wanted.next()) {
                (Some(found), Some(wanted)) if found == wanted || (is_name(wanted) && !found.is_empty()) => continue,
                (None, None) => Ok(()),
                _ => Err(empty()),
            };
        }
    }
}

fn is_name(segment: &str) -> bool {
    segment.starts_with('{')
}

fn empty() -> Error {
    Error::Configuration("a name in the path of the resource is empty, or leads elsewhere".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place {
        id: "x",
        path: "/groups/{group}/things/{thing}",
    };

    #[test]
    fn names_stay_in_their_place() {
        let endpoint: Url = "https://arm.example/base/".parse().unwrap();
        let url = PLACE.url(&endpoint, &["a b", "../c?d#e%2f"], "v&1").unwrap();
        assert_eq!(
            url.as_str(),
            "https://arm.example/base/groups/a%20b/things/..%2Fc%3Fd%23e%252f?api-version=v%261"
        );
        PLACE.check(&endpoint, &url).unwrap();
        for names in [["", "x"], ["x", ""], ["..", "x"], ["x", "."]] {
            assert!(PLACE.url(&endpoint, &names, "v").is_err(), "{names:?}");
            // As generated code forms it.
            let text = format!("{endpoint}groups/{}/things/{}", names[0], names[1]);
            assert!(PLACE.check(&endpoint, &text.parse().unwrap()).is_err(), "{names:?}");
        }
    }
}
