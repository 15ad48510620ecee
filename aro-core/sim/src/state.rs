//! Everything the world remembers, as tables of rows that the journal keeps.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::bells::Bells;
use crate::hive::failures::InstallFailure;
use crate::hive::seal::Seal;
use crate::journal::{Journal, Picture};
use crate::openshift::clusters::Installed;

/// Rows by key, each change of which reaches the journal.
pub(crate) struct Table<T> {
    name: &'static str,
    rows: BTreeMap<String, T>,
    journal: Journal,
    bells: Bells,
}

impl<T: Serialize + DeserializeOwned> Table<T> {
    fn open(
        name: &'static str,
        picture: &mut Picture,
        (journal, bells): (&Journal, &Bells),
    ) -> Result<Self, serde_json::Error> {
        let mut rows = BTreeMap::new();
        for (key, value) in picture.remove(name).unwrap_or_default() {
            rows.insert(key, serde_json::from_value(value)?);
        }
        Ok(Self {
            name,
            rows,
            journal: journal.clone(),
            bells: bells.clone(),
        })
    }

    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        self.rows.get(key)
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.rows.contains_key(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.rows.iter()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.rows.values()
    }

    /// Rows whose key begins with `prefix`, in key order.
    pub(crate) fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a String, &'a T)> {
        self.rows
            .range(prefix.to_owned()..)
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// As `under`, for a prefix that does not live as long as the rows.
    pub(crate) fn rows_under(&self, prefix: &str) -> Vec<&T> {
        self.rows
            .range(prefix.to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(_, row)| row)
            .collect()
    }

    pub(crate) fn put(&mut self, key: String, row: T) {
        self.journal.put(self.name, &key, &row);
        self.bells.ring(&key);
        self.rows.insert(key, row);
    }

    /// Changes a row in place; `None` when there is none.
    pub(crate) fn change<R>(&mut self, key: &str, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        let row = self.rows.get_mut(key)?;
        let result = change(row);
        self.journal.put(self.name, key, row);
        self.bells.ring(key);
        Some(result)
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<T> {
        let row = self.rows.remove(key)?;
        self.journal.remove(self.name, key);
        self.bells.ring(key);
        Some(row)
    }
}

/// An Azure subscription.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) tenant: String,
    /// Lower-cased namespace → `Registered`, `Registering`, `Unregistering`, `Unregistered`; those that never were
    /// registered are absent.
    pub(crate) registrations: BTreeMap<String, String>,
    /// Lower-cased `namespace/feature` → name as given.
    #[serde(default)]
    pub(crate) features: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) tags: Map<String, Value>,
}

/// A resource group or any resource ARM manages itself.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Resource {
    /// As first given; its lower-cased form is the key.
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) location: Option<String>,
    /// Everything but id, name, type, location and etag.
    pub(crate) body: Map<String, Value>,
    pub(crate) etag: String,
    pub(crate) created_at: String,
    pub(crate) changed_at: String,
    /// The operation that is changing it now.
    #[serde(default)]
    pub(crate) operation: Option<String>,
    #[serde(default)]
    pub(crate) deleting: bool,
    /// Keys of what the body refers to outside the resource itself, in no order.
    #[serde(default)]
    pub(crate) refs: Vec<String>,
}

impl Resource {
    pub(crate) fn properties(&self) -> &Map<String, Value> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        self.body.get("properties").and_then(Value::as_object).unwrap_or(&EMPTY)
    }

    /// The properties, made if they are missing or no object.
    pub(crate) fn properties_mut(&mut self) -> &mut Map<String, Value> {
        let value = self
            .body
            .entry("properties")
            .or_insert_with(|| Value::Object(Map::new()));
        if !value.is_object() {
            *value = Value::Object(Map::new());
        }
        match value {
            Value::Object(map) => map,
            _ => unreachable!("made an object above"),
        }
    }

    pub(crate) fn property(&self, name: &str) -> Option<&Value> {
        self.properties().get(name)
    }

    pub(crate) fn property_text(&self, name: &str) -> Option<&str> {
        self.property(name).and_then(Value::as_str)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Running,
    Succeeded,
    Failed,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Verb {
    Put,
    Delete,
    Action,
}

/// What happens when an operation is due.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect {
    /// The target becomes Succeeded.
    Ready,
    /// The target goes.
    Remove,
    /// The next resource of a deployment is put, or the deployment ends.
    Deployment { next: usize },
    /// The next stage of the installer.
    Install { next: usize },
    /// A resource group goes with everything in it.
    RemoveGroup,
    /// A virtual machine's power state becomes the given one.
    Power { state: String },
    /// Nothing more; the operation and its target become Failed, on order.
    Fail { error: Value },
}

/// A long-running operation.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// Key of what it works on.
    pub(crate) target: String,
    pub(crate) target_id: String,
    pub(crate) verb: Verb,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) started: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) due: OffsetDateTime,
    pub(crate) status: Status,
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub(crate) ended: Option<OffsetDateTime>,
    #[serde(default)]
    pub(crate) error: Option<Value>,
    pub(crate) effect: Effect,
}

/// An application of the directory.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Application {
    pub(crate) app_id: String,
    pub(crate) object_id: String,
    pub(crate) name: String,
    pub(crate) secrets: Vec<ClientSecret>,
    /// Base64 of DER.
    #[serde(default)]
    pub(crate) certificates: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ClientSecret {
    pub(crate) key_id: String,
    pub(crate) secret: String,
    pub(crate) name: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) ends: OffsetDateTime,
}

/// A service principal: an application in the tenant.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Principal {
    pub(crate) object_id: String,
    pub(crate) app_id: String,
    pub(crate) name: String,
    /// `Application` or `ManagedIdentity`.
    pub(crate) kind: String,
}

/// A blob with the account and container in its key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Blob {
    pub(crate) content_base64: String,
    pub(crate) content_type: String,
    pub(crate) etag: String,
    pub(crate) changed_at: String,
}

/// A secret or a certificate of a vault.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct VaultSecret {
    pub(crate) versions: Vec<Value>,
    pub(crate) deleted: bool,
    /// When it was deleted, in seconds.
    #[serde(default)]
    pub(crate) deleted_at: i64,
    /// How a certificate is made.
    #[serde(default)]
    pub(crate) policy: Value,
    /// The last request for a certificate.
    #[serde(default)]
    pub(crate) pending: Option<PendingCertificate>,
}

/// A certificate that was asked for.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PendingCertificate {
    pub(crate) request_id: String,
    /// When it is issued.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) due: OffsetDateTime,
    /// `completed`, `failed` or `cancelled`, once it is.
    pub(crate) ended: Option<String>,
}

/// A resource of another provider that ARM knows of.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Relayed {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) location: Option<String>,
    pub(crate) api_version: String,
}

/// An installation of OpenShift.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Install {
    pub(crate) request: Value,
    pub(crate) stage: String,
    pub(crate) percent: u32,
    pub(crate) status: Status,
    #[serde(default)]
    pub(crate) error: Option<Value>,
    #[serde(default)]
    pub(crate) kubeconfig: Option<String>,
    #[serde(default)]
    pub(crate) kubeadmin_password: Option<String>,
    /// What the installer leaves behind.
    #[serde(default)]
    pub(crate) graph: Option<Value>,
    pub(crate) started_at: String,
    #[serde(default)]
    pub(crate) created: Vec<String>,
    /// Seals what is left behind, where the installer was given a key.
    #[serde(default)]
    pub(crate) seal: Option<Seal>,
    /// How it is to end, on order.
    #[serde(default)]
    pub(crate) failure: Option<InstallFailure>,
    /// The operation that brings it on.
    #[serde(default)]
    pub(crate) operation: String,
}

/// All tables.
pub(crate) struct State {
    pub(crate) journal: Journal,
    /// Rung when what a cluster runs on changes.
    pub(crate) bells: Bells,
    pub(crate) facts: Table<Value>,
    pub(crate) subscriptions: Table<Subscription>,
    pub(crate) resources: Table<Resource>,
    pub(crate) operations: Table<Operation>,
    pub(crate) applications: Table<Application>,
    pub(crate) principals: Table<Principal>,
    pub(crate) blobs: Table<Blob>,
    pub(crate) secrets: Table<VaultSecret>,
    pub(crate) relayed: Table<Relayed>,
    pub(crate) installs: Table<Install>,
    /// Installed clusters by domain.
    pub(crate) clusters: Table<Installed>,
    /// Objects of the simulated Hive, by kind, namespace and name.
    pub(crate) hive: Table<Value>,
    /// Running operations by when they are due; made from `operations`.
    due: BTreeSet<(OffsetDateTime, String)>,
    /// The error in which the next operation to begin will end: set while a call is answered on which a failure is
    /// ordered.
    pub(crate) doomed: Option<Value>,
}

impl State {
    pub(crate) fn open(mut picture: Picture, journal: Journal) -> Result<Self, serde_json::Error> {
        let (bells, deaf) = (Bells::default(), Bells::default());
        let (p, j) = (&mut picture, (&journal, &deaf));
        let mut state = Self {
            facts: Table::open("facts", p, j)?,
            subscriptions: Table::open("subscriptions", p, j)?,
            resources: Table::open("resources", p, (&journal, &bells))?,
            operations: Table::open("operations", p, j)?,
            applications: Table::open("applications", p, j)?,
            principals: Table::open("principals", p, j)?,
            blobs: Table::open("blobs", p, j)?,
            secrets: Table::open("secrets", p, j)?,
            relayed: Table::open("relayed", p, j)?,
            installs: Table::open("installs", p, j)?,
            clusters: Table::open("clusters", p, j)?,
            hive: Table::open("hive", p, j)?,
            due: BTreeSet::new(),
            doomed: None,
            bells,
            journal,
        };
        for operation in state.operations.values() {
            if operation.status == Status::Running {
                state.due.insert((operation.due, operation.id.clone()));
            }
        }
        Ok(state)
    }

    /// Drops operations that ended before `moment`; Azure forgets them too.
    pub(crate) fn forget_operations(&mut self, moment: OffsetDateTime) {
        let old: Vec<String> = self
            .operations
            .iter()
            .filter(|(_, operation)| operation.ended.is_some_and(|ended| ended < moment))
            .map(|(id, _)| id.clone())
            .collect();
        for id in old {
            self.operations.remove(&id);
        }
    }

    /// Records an operation and when it will have its effect.
    pub(crate) fn begin(&mut self, mut operation: Operation) {
        if let Some(error) = self.doomed.take() {
            operation.effect = Effect::Fail { error };
        }
        self.due.insert((operation.due, operation.id.clone()));
        self.operations.put(operation.id.clone(), operation);
    }

    /// The next operation due at or before `now`, taken off the agenda.
    pub(crate) fn take_due(&mut self, now: OffsetDateTime) -> Option<Operation> {
        let (due, id) = self.due.first()?.clone();
        if due > now {
            return None;
        }
        self.due.remove(&(due, id.clone()));
        self.operations.get(&id).cloned()
    }

    /// When the next operation on something below a prefix is due.
    pub(crate) fn next_due(&self, prefix: &str) -> Option<OffsetDateTime> {
        let below = |id: &String| {
            self.operations
                .get(id)
                .is_some_and(|operation| operation.target.starts_with(prefix))
        };
        self.due.iter().find(|(_, id)| below(id)).map(|(due, _)| *due)
    }

    /// Puts an operation back on the agenda with another effect.
    pub(crate) fn postpone(&mut self, id: &str, due: OffsetDateTime, effect: Effect) {
        self.due.insert((due, id.to_owned()));
        self.operations.change(id, |operation| {
            operation.due = due;
            operation.effect = effect;
        });
    }

    /// Ends an operation.
    pub(crate) fn end(&mut self, id: &str, at: OffsetDateTime, error: Option<Value>) {
        self.operations.change(id, |operation| {
            operation.status = if error.is_some() {
                Status::Failed
            } else {
                Status::Succeeded
            };
            operation.ended = Some(at);
            operation.error = error;
        });
    }
}
