//! How long the steps of plans took, from the logs of workers.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::estate::text;

/// Milliseconds that each step of `create` took, on average over the clusters, in the order in which they were done.
pub fn milliseconds(events: &[Value]) -> Value {
    let mut begun: BTreeMap<(String, String), OffsetDateTime> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    let mut took: BTreeMap<String, Vec<i128>> = BTreeMap::new();
    for event in events.iter().filter(|event| event["plan"] == "create") {
        let step = text(&event["step"]).to_owned();
        let cluster = event["span"]["resource_id"].as_str().unwrap_or_default().to_owned();
        let Ok(at) = OffsetDateTime::parse(text(&event["timestamp"]), &Rfc3339) else {
            continue;
        };
        match event["message"].as_str() {
            Some("step starts") => {
                begun.entry((cluster, step)).or_insert(at);
            }
            Some("step is done") => {
                let from = begun.get(&(cluster, step.clone())).copied().unwrap_or(at);
                if !order.contains(&step) {
                    order.push(step.clone());
                }
                took.entry(step).or_default().push((at - from).whole_milliseconds());
            }
            _ => {}
        }
    }
    let mean = |all: &[i128]| i64::try_from(all.iter().sum::<i128>() / all.len().max(1) as i128).unwrap_or_default();
    let steps = order.into_iter().map(|step| {
        let took = mean(&took[&step]);
        json!([step, took])
    });
    steps.collect()
}
