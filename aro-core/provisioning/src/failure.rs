//! Why a step fails, and what the customer is told about it.

use std::{sync::Arc, time::Duration};

use aro_api::{CloudError, CloudErrorBody, Code, SealError, model::ProvisioningState};
use aro_cluster::ClusterError;
use aro_http::{AzureError, ErrorDetail, FailureKind};
use aro_store::{ClusterDocument, StoreError};

use crate::{InstallerError, remedy};

/// Longest piece of another service's text that is passed on.
const MAX_QUOTE: usize = 2000;

/// A failed attempt of a step.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StepError {
    /// A call to Azure failed.
    #[error(transparent)]
    Azure(#[from] AzureError),
    /// The step itself found what is wrong, and says it in the customer's words.
    #[error("{0}")]
    Customer(CloudError),
    /// As [`StepError::Customer`], but it may go by itself: what was just given takes minutes to be known everywhere.
    #[error("{0}")]
    Settling(CloudError),
    /// Another service of the provider (the installer) says that it failed for good.
    #[error("{code}: {message}")]
    Delegate {
        /// Its code.
        code: String,
        /// Its message.
        message: String,
    },
    /// The cluster's API server did not answer or refused.
    #[error(transparent)]
    Cluster(Arc<ClusterError>),
    /// The installer could not be asked, or refused.
    #[error("the installer: {0}")]
    Installer(InstallerError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored secret cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Something is not there yet that will be.
    #[error("not ready yet: {0}")]
    NotYet(String),
    /// The document lacks what an earlier step should have written, or Azure answers what it never should.
    #[error("{0}")]
    Unexpected(String),
    /// The time of the step is over.
    #[error("not done within {seconds} seconds: {reason}")]
    TimedOut {
        /// The limit.
        seconds: u64,
        /// What was waited for.
        reason: String,
    },
    /// All attempts ended without a word: the workers that ran the step died.
    #[error("{attempts} attempts have not come to an end")]
    Exhausted {
        /// How many.
        attempts: u32,
    },
}

impl From<InstallerError> for StepError {
    fn from(error: InstallerError) -> Self {
        match error {
            InstallerError::Call(error) => Self::Azure(error),
            other => Self::Installer(other),
        }
    }
}

impl From<CloudError> for StepError {
    fn from(error: CloudError) -> Self {
        Self::Customer(error)
    }
}

impl From<ClusterError> for StepError {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(Arc::new(error))
    }
}

impl From<kube::Error> for StepError {
    fn from(error: kube::Error) -> Self {
        ClusterError::from(error).into()
    }
}

impl StepError {
    /// Whether running the step again may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Azure(error) => error.is_retryable(),
            Self::Cluster(error) => error.is_retryable(),
            Self::Installer(error) => error.is_retryable(),
            Self::Store(error) => error.retry_after().is_some(),
            Self::NotYet(_) | Self::TimedOut { .. } => true,
            Self::Customer(_)
            | Self::Settling(_)
            | Self::Delegate { .. }
            | Self::Seal(_)
            | Self::Unexpected(_)
            | Self::Exhausted { .. } => false,
        }
    }

    pub(crate) fn is_authorization_lag(&self) -> bool {
        match self {
            Self::Azure(error) => error.is_authorization_lag(),
            Self::Settling(_) => true,
            _ => false,
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self, Self::Azure(error) if error.is_cancelled())
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Azure(error) => error.retry_after,
            Self::Store(error) => error.retry_after(),
            _ => None,
        }
    }
}

/// Which step of which plan failed, for which document.
pub(crate) struct Circumstances<'a> {
    pub(crate) plan: &'static str,
    pub(crate) step: &'static str,
    pub(crate) title: &'static str,
    pub(crate) document: &'a ClusterDocument,
}

/// The id that joins our logs with Azure's: what ARM sent, else the document's own.
pub(crate) fn correlation_id(document: &ClusterDocument) -> Option<String> {
    let sent = &document.correlation_data.correlation_id;
    let id = if sent.is_empty() { &document.id } else { sent };
    (!id.is_empty()).then(|| id.clone())
}

/// What the customer is told: the step, what Azure said, what to do, and the correlation id.
pub(crate) fn cloud_error(error: &StepError, at: &Circumstances<'_>) -> CloudError {
    let trail = trail(at);
    let support = "Try again; if it fails again, open a support request with the correlation id.";
    let step = step_name(at);
    match error {
        StepError::Azure(azure) => azure_error(azure, at, &step, &trail),
        StepError::Customer(found) | StepError::Settling(found) => {
            let mut told = found.clone();
            told.message = format!("{} {step}{trail}", sentence(&found.message));
            told
        }
        StepError::Delegate { code, message } => {
            let detail = CloudErrorBody {
                code: Code::other(quote(code)),
                message: quote(message),
                target: at.step.to_owned(),
                details: Vec::new(),
            };
            let row = remedy::for_code(code);
            let advice = row.map_or(support, |row| row.advice);
            let status = if row.is_some() { 400 } else { 500 };
            let text = format!(
                "{step} The installer ended with {}: {} {advice}{trail}",
                quote(code),
                sentence(&quote(message))
            );
            CloudError::new(status, Code::DEPLOYMENT_FAILED, "", text).with_detail(detail)
        }
        StepError::Installer(found) => {
            let said = sentence(&quote(&found.to_string()));
            let code = match found {
                InstallerError::Kubernetes { reason, .. } => quote(reason),
                InstallerError::Call(_) | InstallerError::Incomplete(_) => "Installer".to_owned(),
            };
            let detail = CloudErrorBody {
                code: Code::other(code),
                message: said.clone(),
                target: at.step.to_owned(),
                details: Vec::new(),
            };
            let text = format!("{step} The service that installs OpenShift could not be used: {said} {support}{trail}");
            CloudError::new(500, Code::DEPLOYMENT_FAILED, "", text).with_detail(detail)
        }
        StepError::TimedOut { seconds, reason } => {
            let text = format!(
                "{step} It was not done within {seconds} seconds; the last that was seen: {} {support}{trail}",
                sentence(&quote(reason))
            );
            CloudError::new(500, Code::DEPLOYMENT_FAILED, "", text)
        }
        StepError::NotYet(reason) => {
            let text = format!(
                "{step} It is still waiting for this: {} {support}{trail}",
                sentence(&quote(reason))
            );
            CloudError::new(500, Code::DEPLOYMENT_FAILED, "", text)
        }
        StepError::Cluster(error) => {
            let (said, detail) = match error.answer() {
                Some((status, reason, message)) => {
                    let detail = CloudErrorBody {
                        code: Code::other(quote(reason)),
                        message: sentence(&quote(message)),
                        target: at.step.to_owned(),
                        details: Vec::new(),
                    };
                    let said = format!(
                        "The cluster's API server answered {status}: {}",
                        sentence(&quote(message))
                    );
                    (said, Some(detail))
                }
                None => {
                    let said = format!(
                        "The cluster's API server was not reached: {}",
                        sentence(&quote(&error.to_string()))
                    );
                    (said, None)
                }
            };
            let text = format!("{step} {said} {support}{trail}");
            let told = CloudError::new(500, Code::DEPLOYMENT_FAILED, "", text);
            match detail {
                Some(detail) => told.with_detail(detail),
                None => told,
            }
        }
        StepError::Store(_) => {
            let text = format!("{step} The resource provider's database did not answer. {support}{trail}");
            CloudError::new(500, Code::INTERNAL_SERVER_ERROR, "", text)
        }
        StepError::Seal(_) => {
            let text = format!(
                "{step} A stored secret of the cluster cannot be read. Send the credentials of the cluster again with an \
                 update; if that fails, open a support request with the correlation id.{trail}"
            );
            CloudError::new(500, Code::INTERNAL_SERVER_ERROR, "", text)
        }
        StepError::Unexpected(what) => {
            let text = format!(
                "{step} What was found is not as expected: {} {support}{trail}",
                sentence(&quote(what))
            );
            CloudError::new(500, Code::INTERNAL_SERVER_ERROR, "", text)
        }
        StepError::Exhausted { attempts } => {
            let text = format!("{step} {attempts} attempts have not come to an end. {support}{trail}");
            CloudError::new(500, Code::INTERNAL_SERVER_ERROR, "", text)
        }
    }
}

fn azure_error(azure: &AzureError, at: &Circumstances<'_>, step: &str, trail: &str) -> CloudError {
    let (code, message) = azure.cause();
    let row = remedy::for_azure(azure);
    let said = match (azure.kind, azure.status) {
        (FailureKind::Connect | FailureKind::Transport, _) => "Azure could not be reached".to_owned(),
        (FailureKind::Timeout, _) => "Azure did not answer or finish in time".to_owned(),
        (FailureKind::Decode | FailureKind::Request, _) => "Azure's answer could not be used".to_owned(),
        (_, Some(status)) => format!("Azure answered {} {}", status.as_u16(), code.unwrap_or_default())
            .trim_end()
            .to_owned(),
        (_, None) => format!("Azure ended the operation with {}", code.unwrap_or("an error")),
    };
    let place = azure
        .resource_group()
        .filter(|group| in_managed_group(group, at.document))
        .map_or_else(String::new, |group| {
            format!(
                " It happened in the managed resource group {}, which the service looks after.",
                quote(group)
            )
        });
    // A status below 500 is a decision of Azure about this subscription: somebody can change its grounds. All else is
    // trouble of the cloud or of ours.
    let decided = azure
        .status
        .is_some_and(|status| status.is_client_error() && status != 429)
        || azure.kind == FailureKind::Operation
        || row.is_some();
    let advice = row.map_or(
        "Try again; if it fails again, open a support request with the correlation id.",
        |row| row.advice,
    );
    let (status, our_code, target) = match row {
        Some(row) => (row.status, row.code.clone(), row.target),
        None if decided => (400, Code::DEPLOYMENT_FAILED, ""),
        None => (500, Code::INTERNAL_SERVER_ERROR, ""),
    };
    let request = azure
        .request_id
        .as_deref()
        .map_or_else(String::new, |id| format!(" Azure's request id: {}.", quote(id)));
    let text = format!(
        "{step} {said}: {}{place} {advice}{trail}{request}",
        sentence(&quote(message))
    );
    let detail = CloudErrorBody {
        code: Code::other(quote(code.unwrap_or("Transport"))),
        message: sentence(&quote(message)),
        target: quote(
            azure
                .target
                .as_deref()
                .unwrap_or(azure.url.as_deref().unwrap_or_default()),
        ),
        details: several(&azure.details),
    };
    CloudError::new(status, our_code, target, text).with_detail(detail)
}

/// Most errors of Azure that are passed on.
const MAX_DETAILS: usize = 20;

/// What Azure said of several resources, when it did: a deployment names each that failed.
fn several(details: &[ErrorDetail]) -> Vec<CloudErrorBody> {
    fn leaves<'a>(details: &'a [ErrorDetail], found: &mut Vec<&'a ErrorDetail>) {
        for detail in details {
            if detail.details.is_empty() {
                found.push(detail);
            } else {
                leaves(&detail.details, found);
            }
        }
    }
    let mut found = Vec::new();
    leaves(details, &mut found);
    if found.len() < 2 {
        return Vec::new();
    }
    let bodies = found.into_iter().take(MAX_DETAILS).map(|detail| CloudErrorBody {
        code: Code::other(quote(detail.code.as_deref().unwrap_or_default())),
        message: sentence(&quote(&detail.message)),
        target: quote(detail.target.as_deref().unwrap_or_default()),
        details: Vec::new(),
    });
    bodies.collect()
}

fn in_managed_group(group: &str, document: &ClusterDocument) -> bool {
    let managed = document
        .cluster
        .properties
        .cluster_profile
        .resource_group_id
        .rsplit('/')
        .next();
    managed.is_some_and(|managed| managed.eq_ignore_ascii_case(group))
}

fn step_name(at: &Circumstances<'_>) -> String {
    let doing = match at.plan {
        "create" => "Creating",
        "update" => "Updating",
        "delete" => "Deleting",
        plan if plan.starts_with("adminUpdate") => "Maintaining",
        other => other,
    };
    let number = at
        .document
        .progress
        .as_ref()
        .map_or(1, |progress| progress.done.len() + 1);
    let title = lower_first(at.title);
    format!("{doing} the cluster stopped at step {number} ({}): {title}.", at.step)
}

fn trail(at: &Circumstances<'_>) -> String {
    let id = correlation_id(at.document).unwrap_or_default();
    let again = match (at.plan, &at.document.cluster.properties.provisioning_state) {
        ("create", ProvisioningState::Creating) => " A cluster that failed to be created can only be deleted.",
        _ => "",
    };
    format!("{again} Correlation id: {}.", quote(&id))
}

/// Text of another service as part of ours: one line, no double quotes, not without end.
pub(crate) fn quote(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| match c {
            '"' => '\'',
            c if c.is_control() => ' ',
            c => c,
        })
        .take(MAX_QUOTE)
        .collect();
    clean.trim().to_owned()
}

fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.is_empty() {
        return "it gave no reason.".to_owned();
    }
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
