//! The release of the operator that the settings name.

use aro_api::model::Cluster;
use serde_json::Value;
use url::Url;

use super::{MASTER, OperatorRelease, OperatorSettings, OperatorSubject, WORKER, definitions, objects, spec};

/// Longest value of a label.
const LONGEST: usize = 63;

/// The operator of an image.
#[derive(Debug, Clone)]
pub struct AroOperator {
    settings: OperatorSettings,
    /// What is said of the service besides: all from its own settings.
    service: Service,
}

/// What the operator is told of the service.
#[derive(Debug, Clone, Default)]
pub struct Service {
    /// The registry of the service's images; empty where there is none.
    pub registry: String,
    /// The region.
    pub location: String,
    /// Entra ID's token service.
    pub authority: Option<Url>,
    /// Azure Resource Manager.
    pub arm: Option<Url>,
    /// The provider's subnets from which clusters' storage accounts are reached.
    pub subnets: Vec<String>,
}

/// An image's name in its registry, and its tag.
fn split(image: &str) -> (&str, Option<&str>) {
    let name = image.rfind('/').map_or(0, |slash| slash + 1);
    match image[name..].rfind(':') {
        Some(colon) => (&image[..name + colon], Some(&image[name + colon + 1..])),
        None => (image, None),
    }
}

/// The tag of an image; `latest` without one.
pub(crate) fn tag(image: &str) -> &str {
    split(image).1.unwrap_or("latest")
}

impl AroOperator {
    /// The operator of the image in the settings.
    ///
    /// # Errors
    /// When the tag cannot be the value of a label.
    pub fn new(settings: OperatorSettings, service: Service) -> Result<Self, String> {
        let version = tag(&settings.image);
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let inside = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let fits = version.len() <= LONGEST
            && edge(version.chars().next())
            && edge(version.chars().last())
            && version.chars().all(inside);
        if !fits || settings.image.contains('@') || settings.image.starts_with(':') {
            return Err(format!(
                "{} is no image with a tag that can be a label of a deployment: up to {LONGEST} letters, digits, '-', '_', '.'",
                settings.image
            ));
        }
        Ok(Self { settings, service })
    }

    /// The image of a cluster: that of the settings, with the version that the document asks for.
    fn image(&self, cluster: &Cluster) -> String {
        match cluster.properties.operator_version.as_str() {
            "" => self.settings.image.clone(),
            version => format!("{}:{version}", split(&self.settings.image).0),
        }
    }
}

impl OperatorRelease for AroOperator {
    fn version(&self, cluster: &Cluster) -> String {
        tag(&self.image(cluster)).to_owned()
    }

    fn deployments(&self) -> &'static [&'static str] {
        &[MASTER, WORKER]
    }

    fn definitions(&self) -> Vec<Value> {
        definitions::all()
    }

    fn objects(&self, of: &OperatorSubject<'_>) -> Result<Vec<Value>, String> {
        objects::all(of)
    }

    fn workloads(&self, of: &OperatorSubject<'_>) -> Vec<Value> {
        let (image, version) = (self.image(of.cluster), self.version(of.cluster));
        [MASTER, WORKER]
            .map(|name| objects::deployment(of, name, &image, &version, self.settings.development))
            .into()
    }

    fn cluster_object(&self, of: &OperatorSubject<'_>) -> Result<Value, String> {
        spec::cluster(of, &self.settings, &self.service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(image: &str) -> Result<AroOperator, String> {
        AroOperator::new(OperatorSettings::of(image), Service::default())
    }

    #[test]
    fn the_version_is_the_tag_unless_the_document_names_one() {
        let mut cluster = Cluster::default();
        let version = |image: &str, cluster: &Cluster| operator(image).unwrap().version(cluster);
        assert_eq!(version("a.azurecr.io/aro:1f3f94c", &cluster), "1f3f94c");
        assert_eq!(version("a.azurecr.io/aro", &cluster), "latest");
        assert_eq!(version("localhost:5000/aro", &cluster), "latest", "a port is no tag");
        cluster.properties.operator_version = "v2".to_owned();
        let own = operator("localhost:5000/aro:1").unwrap();
        assert_eq!(
            (own.version(&cluster), own.image(&cluster)),
            ("v2".to_owned(), "localhost:5000/aro:v2".to_owned())
        );
    }

    #[test]
    fn an_image_whose_version_is_no_label_is_refused() {
        let long = format!("a/aro:{}", "x".repeat(64));
        for wrong in ["a/aro@sha256:0011", "a/aro:-x", "a/aro:", &long] {
            assert!(operator(wrong).unwrap_err().contains("no image"), "{wrong}");
        }
    }
}
