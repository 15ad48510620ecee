//! The cluster's name and password at the registry from which it pulls the service's images.

use aro_api::{Secret, model::RegistryProfile};
use aro_azure::registry::{self, PULL, PasswordName, Token, TokenProperties};
use aro_store::IdKind;
use time::Duration;

use super::context::{Cx, missing};
use crate::{Change, Registry, RegistrySettings, StepError, Verdict, installer};

/// Age at which a password is replaced. It would be good for 180 days.
const ROTATION: Duration = Duration::days(140);

fn profile<'a>(cx: &'a Cx, registry: &RegistrySettings) -> Option<&'a RegistryProfile> {
    let mut all = cx.properties().registry_profiles.iter();
    all.find(|one| one.name.eq_ignore_ascii_case(&registry.server))
}

fn token_id(registry: &RegistrySettings, user: &str) -> String {
    format!("{}/tokens/{user}", registry.id)
}

/// The registries of the document with name and password, opened; those without a password yet are left out.
pub(crate) fn opened(cx: &Cx) -> Result<Vec<Registry>, StepError> {
    let (sealer, id) = (cx.environment.store.sealer(), cx.document.id.as_str());
    let known = cx
        .properties()
        .registry_profiles
        .iter()
        .filter(|one| !one.password.is_empty());
    known
        .map(|one| {
            let password = Secret::new(one.password.open(sealer, id)?.as_str());
            Ok((one.name.clone(), one.username.clone(), password))
        })
        .collect()
}

/// What the service itself pulls with, and the cluster's registries.
pub(crate) async fn pull_secret(cx: &Cx) -> Result<Secret, StepError> {
    let base = cx.environment.pull_secret().await?;
    let base = base.as_ref().and_then(Secret::plain);
    installer::pull_secret(base, &opened(cx)?).map_err(StepError::Unexpected)
}

/// Chooses the name, once, before the registry knows it.
pub(crate) async fn name(cx: Cx) -> Result<Verdict, StepError> {
    let Some(registry) = &cx.provider().registry else {
        return Ok(Change::none().into());
    };
    if profile(&cx, registry).is_some() {
        return Ok(Change::none().into());
    }
    let server = registry.server.clone();
    let user = format!("token-{}", cx.environment.ids.new_id(IdKind::Name));
    Ok(Change::document(move |document| {
        let profiles = document.cluster.properties.registry_profiles.as_vec_mut();
        if !profiles.iter().any(|one| one.name.eq_ignore_ascii_case(&server)) {
            profiles.push(RegistryProfile {
                name: server.clone(),
                username: user.clone(),
                ..RegistryProfile::default()
            });
        }
    })
    .into())
}

/// Makes the token and its first password. A password that was made and could not be written down is replaced by the next
/// attempt: nobody has it.
pub(crate) async fn password(cx: Cx) -> Result<Verdict, StepError> {
    let Some(registry) = &cx.provider().registry else {
        return Ok(Change::none().into());
    };
    let known = profile(&cx, registry).ok_or_else(|| missing("a name at the registry"))?;
    if !known.password.is_empty() {
        return Ok(Change::none().into());
    }
    let token = Token {
        properties: TokenProperties {
            scope_map_id: format!("{}/scopeMaps/{PULL}", registry.id),
            status: Some("enabled".to_owned()),
            ..TokenProperties::default()
        },
        ..Token::default()
    };
    let arm = cx.provider_arm().await?;
    arm.put(&token_id(registry, &known.username), &token).await?;
    renew(&cx, registry, &known.username, PasswordName::Password1).await
}

/// Replaces a password that is old. The one that the cluster still uses stays good: a token has two.
pub(crate) async fn rotate(cx: Cx) -> Result<Verdict, StepError> {
    let Some(registry) = &cx.provider().registry else {
        return Ok(Change::none().into());
    };
    // A cluster from before there were names has none to renew.
    let Some(known) = profile(&cx, registry) else {
        return Ok(Change::none().into());
    };
    if known.issue_date.is_some_and(|date| cx.now - date < ROTATION) {
        return Ok(Change::none().into());
    }
    let token: Token = cx
        .provider_arm()
        .await?
        .get(&token_id(registry, &known.username))
        .await?;
    renew(&cx, registry, &known.username, token.turn()).await
}

async fn renew(cx: &Cx, registry: &RegistrySettings, user: &str, name: PasswordName) -> Result<Verdict, StepError> {
    let arm = cx.provider_arm().await?;
    let made = arm.new_password(&registry.id, &token_id(registry, user), name).await?;
    let made = made.ok_or_else(|| StepError::Unexpected("the registry gave no password".to_owned()))?;
    let password = Secret::new(made.value.as_str());
    let (server, now) = (registry.server.clone(), cx.now);
    Ok(Change::document(move |document| {
        let profiles = document.cluster.properties.registry_profiles.as_vec_mut();
        for one in profiles.iter_mut().filter(|one| one.name.eq_ignore_ascii_case(&server)) {
            one.password = password.clone();
            one.issue_date = Some(now);
        }
    })
    .into())
}

/// Removes the token.
pub(crate) async fn remove(cx: Cx) -> Result<Verdict, StepError> {
    if let Some(registry) = &cx.provider().registry
        && let Some(known) = profile(&cx, registry)
    {
        let id = token_id(registry, &known.username);
        cx.provider_arm().await?.delete(&id, registry::API_VERSION).await?;
    }
    Ok(Change::none().into())
}
