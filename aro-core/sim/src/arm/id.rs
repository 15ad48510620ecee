//! Paths and ids of Azure Resource Manager.

/// A path taken apart; every text keeps the case it came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ArmPath {
    pub(crate) text: String,
    pub(crate) segments: Vec<String>,
    pub(crate) subscription: Option<String>,
    pub(crate) group: Option<String>,
    /// What stands before the last `/providers/`.
    pub(crate) scope: String,
    pub(crate) namespace: Option<String>,
    pub(crate) types: Vec<String>,
    pub(crate) names: Vec<String>,
}

impl ArmPath {
    pub(crate) fn parse(path: &str) -> Self {
        let segments: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        let is = |at: usize, word: &str| segments.get(at).is_some_and(|part| part.eq_ignore_ascii_case(word));
        let subscription = if is(0, "subscriptions") {
            segments.get(1).cloned()
        } else {
            None
        };
        let group = if subscription.is_some() && is(2, "resourcegroups") {
            segments.get(3).cloned()
        } else {
            None
        };
        // Ids alternate between words and names, so only every second segment can be the word.
        let last = (0..segments.len()).rev().find(|at| at % 2 == 0 && is(*at, "providers"));
        let (mut scope, mut namespace, mut types, mut names) = (String::new(), None, Vec::new(), Vec::new());
        match last {
            Some(at) => {
                for part in &segments[..at] {
                    scope.push('/');
                    scope.push_str(part);
                }
                namespace = segments.get(at + 1).cloned();
                for (index, part) in segments[(at + 2).min(segments.len())..].iter().enumerate() {
                    if index % 2 == 0 {
                        types.push(part.clone())
                    } else {
                        names.push(part.clone())
                    }
                }
            }
            None => scope = format!("/{}", segments.join("/")),
        }
        Self {
            text: format!("/{}", segments.join("/")),
            segments,
            subscription,
            group,
            scope,
            namespace,
            types,
            names,
        }
    }

    /// The type, with the types of the path as they were written.
    pub(crate) fn kind(&self) -> String {
        match &self.namespace {
            Some(namespace) if self.types.is_empty() => namespace.clone(),
            Some(namespace) => format!("{namespace}/{}", self.types.join("/")),
            None if self.group.is_some() => match self.segments.get(4) {
                Some(below) => format!("Microsoft.Resources/resourceGroups/{below}"),
                None => "Microsoft.Resources/resourceGroups".to_owned(),
            },
            None => match self.segments.get(2) {
                Some(below) => format!("Microsoft.Resources/subscriptions/{below}"),
                None => format!(
                    "Microsoft.Resources/{}",
                    self.segments.first().map_or("", String::as_str)
                ),
            },
        }
    }

    /// True for `…/type/name`, false for `…/type`.
    pub(crate) fn names_a_resource(&self) -> bool {
        !self.types.is_empty() && self.types.len() == self.names.len()
    }

    /// The last name.
    pub(crate) fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// Key of the resource group.
    pub(crate) fn group_key(&self) -> Option<String> {
        Some(key(&format!(
            "/subscriptions/{}/resourceGroups/{}",
            self.subscription.as_ref()?,
            self.group.as_ref()?
        )))
    }

    /// The path without its last segment.
    pub(crate) fn without_last(&self) -> ArmPath {
        let all = self.segments.len().saturating_sub(1);
        ArmPath::parse(&self.segments[..all].join("/"))
    }

    /// The path of the resource this one is a child of, if it is one.
    pub(crate) fn parent(&self) -> Option<ArmPath> {
        (self.names_a_resource() && self.types.len() > 1).then(|| {
            let all = self.segments.len() - 2;
            ArmPath::parse(&self.segments[..all].join("/"))
        })
    }

    /// Whether what stands before the last `/providers/` is a resource group.
    pub(crate) fn scope_is_group(&self) -> bool {
        self.group.is_some() && self.scope.matches('/').count() == 4
    }

    pub(crate) fn is_namespace(&self, namespace: &str) -> bool {
        self.namespace
            .as_ref()
            .is_some_and(|own| own.eq_ignore_ascii_case(namespace))
    }
}

/// The form in which ids are compared: lower case, without a slash at the end.
pub(crate) fn key(id: &str) -> String {
    id.trim_end_matches('/').to_lowercase()
}

/// Last segment of an id.
pub(crate) fn last(id: &str) -> &str {
    id.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::ArmPath;

    #[test]
    fn a_child_of_a_resource() {
        let path =
            ArmPath::parse("/subscriptions/s/resourcegroups/G/providers/Microsoft.Network/virtualNetworks/v/subnets/x");
        assert_eq!(path.kind(), "Microsoft.Network/virtualNetworks/subnets");
        assert_eq!(path.group.as_deref(), Some("G"));
        assert_eq!(path.name(), "x");
        assert!(path.names_a_resource());
        assert_eq!(
            path.parent().map(|parent| parent.kind()).as_deref(),
            Some("Microsoft.Network/virtualNetworks")
        );
    }

    #[test]
    fn an_extension_of_a_resource() {
        let path = ArmPath::parse(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/providers/Microsoft.Authorization/roleAssignments",
        );
        assert_eq!(path.kind(), "Microsoft.Authorization/roleAssignments");
        assert_eq!(
            path.scope,
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"
        );
        assert!(!path.names_a_resource());
    }

    #[test]
    fn a_name_may_be_the_word_providers() {
        let path =
            ArmPath::parse("/subscriptions/s/resourceGroups/providers/providers/Microsoft.Network/virtualNetworks/v");
        assert_eq!(path.group.as_deref(), Some("providers"));
        assert_eq!(path.kind(), "Microsoft.Network/virtualNetworks");
    }
}
