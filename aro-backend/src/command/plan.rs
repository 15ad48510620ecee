//! `aro-backend plan`.

use std::path::PathBuf;

use aro_api::{
    model::{Cluster, MaintenanceTask},
    stored,
};
use aro_provisioning::plans::{self, Features};
use aro_store::ClusterDocument;
use serde_json::Value;

/// Prints the steps of a plan for a cluster: ids, kinds, timeouts and weights. Nothing is run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Which plan.
    operation: Operation,

    /// The cluster: a stored document, or the body of a request (JSON).
    #[arg(long, value_name = "FILE")]
    cluster: PathBuf,

    /// The maintenance task of an admin update, such as `OperatorUpdate`; that of the document where absent.
    #[arg(long, value_name = "TASK")]
    task: Option<String>,

    /// The plan of a service that brings no operator into clusters: without `[operator]` in its settings.
    #[arg(long)]
    without_operator: bool,

    /// As JSON, or as a table for people.
    #[arg(long, value_name = "FORM", default_value = "json")]
    output: Form,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Operation {
    Create,
    Update,
    /// The plan of the maintenance task that the document names.
    AdminUpdate,
    Delete,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Form {
    Json,
    Table,
}

/// Prints the plan.
///
/// # Errors
/// When the file cannot be read or is not a cluster.
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let file = options.cluster.display();
    let text = std::fs::read_to_string(&options.cluster).map_err(|error| format!("{file}: {error}"))?;
    let mut document = document(&text).map_err(|error| format!("{file}: {error}"))?;
    if let Some(task) = &options.task {
        if !MaintenanceTask::WORDS.contains(&task.as_str()) {
            return Err(format!("{task} is no maintenance task").into());
        }
        document.cluster.properties.maintenance_task = task.as_str().into();
    }
    let features = Features {
        operator: !options.without_operator,
    };
    let plan = match options.operation {
        Operation::Create => plans::create(&document, features),
        Operation::Update => plans::update(&document, features),
        Operation::AdminUpdate => plans::admin_update(&document, features),
        Operation::Delete => plans::delete(&document),
    };
    match options.output {
        Form::Json => println!("{}", serde_json::to_string_pretty(&plan.listing())?),
        Form::Table => print!("{}", plan.describe()),
    }
    Ok(())
}

/// The cluster of a stored document, or the cluster itself. Its secrets stay closed: no plan depends on them.
fn document(text: &str) -> Result<ClusterDocument, Box<dyn std::error::Error>> {
    let value: Value = serde_json::from_str(text)?;
    let inner = value.get("openShiftCluster").unwrap_or(&value);
    if inner.get("properties").is_none_or(|properties| !properties.is_object()) {
        return Err("this is no cluster: it has no properties".into());
    }
    let cluster: Cluster = stored::from_json(inner)?;
    Ok(ClusterDocument {
        cluster,
        ..ClusterDocument::default()
    })
}
