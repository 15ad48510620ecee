//! Which steps run for which cluster, from the log.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// A step that was begun or ended.
#[derive(Clone)]
struct Entry {
    resource_id: String,
    message: String,
    step: String,
}

/// The steps seen so far.
#[derive(Clone, Default)]
pub struct Steps(Arc<Mutex<Vec<Entry>>>);

impl Steps {
    /// Listens to the log of this process from now on.
    pub fn listen() -> Steps {
        let steps = Steps::default();
        let subscriber = tracing_subscriber::registry().with(Listener(steps.clone()));
        tracing::subscriber::set_global_default(subscriber).unwrap();
        steps
    }

    /// The steps that ended for a cluster.
    pub fn done(&self, resource_id: &str) -> Vec<String> {
        self.with(resource_id, "step is done")
    }

    /// The steps that began for a cluster.
    pub fn started(&self, resource_id: &str) -> Vec<String> {
        self.with(resource_id, "step starts")
    }

    fn with(&self, resource_id: &str, message: &str) -> Vec<String> {
        let entries = self.0.lock().unwrap();
        let wanted = |entry: &&Entry| entry.resource_id == resource_id && entry.message == message;
        entries.iter().filter(wanted).map(|entry| entry.step.clone()).collect()
    }
}

struct Listener(Steps);

struct ResourceId(String);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listener {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let (Some(resource_id), Some(span)) = (fields.0.remove("resource_id"), context.span(id)) {
            span.extensions_mut().insert(ResourceId(resource_id));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Some(step) = fields.0.remove("step") else { return };
        let resource_id = context.event_scope(event).and_then(|mut scope| {
            scope.find_map(|span| span.extensions().get::<ResourceId>().map(|found| found.0.clone()))
        });
        let message = fields.0.remove("message").unwrap_or_default();
        self.0.0.lock().unwrap().push(Entry {
            resource_id: resource_id.unwrap_or_default(),
            message,
            step,
        });
    }
}

#[derive(Default)]
struct Fields(HashMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_string());
    }
}
