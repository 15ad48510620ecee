//! What Azure Monitor has measured of a resource.

use aro_http::{AzureError, json};
use http::Method;
use serde::Deserialize;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::ArmClient;

/// Api-version of metrics.
pub const API_VERSION: &str = "2018-01-01";

/// What was measured of a metric, apart for each value of a dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The metric: `DipAvailability`.
    pub metric: String,
    /// The value of the dimension: `6443`.
    pub dimension: String,
    /// One value a minute, oldest first; minutes without any are left out.
    pub averages: Vec<f64>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    value: Vec<Metric>,
}

#[derive(Deserialize)]
struct Metric {
    name: Name,
    #[serde(default)]
    timeseries: Vec<TimeSeries>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Name {
    value: String,
}

#[derive(Deserialize)]
struct TimeSeries {
    #[serde(default)]
    metadatavalues: Vec<Metadata>,
    #[serde(default)]
    data: Vec<Point>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
struct Point {
    average: Option<f64>,
}

/// The averages of metrics of a resource over a time that ends at `until`, a value for each minute, by the values of a
/// dimension.
///
/// # Errors
/// What ARM said.
pub async fn by_dimension(
    arm: &ArmClient,
    id: &str,
    metrics: &[&str],
    dimension: &str,
    until: OffsetDateTime,
    length: Duration,
) -> Result<Vec<Series>, AzureError> {
    let text = |at: OffsetDateTime| {
        at.replace_nanosecond(0)
            .unwrap_or(at)
            .format(&Rfc3339)
            .unwrap_or_default()
    };
    let query = [
        ("timespan", format!("{}/{}", text(until - length), text(until))),
        ("interval", "PT1M".to_owned()),
        ("metricnames", metrics.join(",")),
        ("aggregation", "Average".to_owned()),
        ("$filter", format!("{dimension} eq '*'")),
    ];
    let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let url = arm.url(
        &format!("{id}/providers/Microsoft.Insights/metrics"),
        API_VERSION,
        &query,
    )?;
    let response = arm
        .http()
        .execute(json::request::<()>(Method::GET, &url, &[], None)?)
        .await?;
    let answer: Answer = json::body(&response).map_err(|error| error.at(&Method::GET, &url))?;
    let mut all = Vec::new();
    for metric in answer.value {
        for series in metric.timeseries {
            all.push(Series {
                metric: metric.name.value.clone(),
                dimension: series
                    .metadatavalues
                    .into_iter()
                    .next()
                    .map(|one| one.value)
                    .unwrap_or_default(),
                averages: series.data.into_iter().filter_map(|point| point.average).collect(),
            });
        }
    }
    Ok(all)
}
