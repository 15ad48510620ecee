//! Container registries: tokens and their passwords.

use std::time::Duration;

use serde_json::json;

use super::{Behaviour, Put};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::id::{key, last};
use crate::arm::registry::{Dialect, Flow, Kind, any_name, never_in_use};
use crate::call::Reply;
use crate::clock::rfc3339;
use crate::planes::graph::new_secret;
use crate::state::Resource;

const fn row(name: &'static str, shape: &'static str, located: bool, behaviour: &'static dyn Behaviour) -> Kind {
    Kind {
        name,
        dialect: Dialect::Plain,
        shape,
        located,
        valid_name: any_name,
        put: Flow::Watched,
        delete: Flow::Watched,
        put_time: Duration::from_millis(60),
        delete_time: Duration::from_millis(60),
        etag: false,
        in_use: never_in_use,
        behaviour,
    }
}

pub(super) const KINDS: &[Kind] = &[
    row(
        "Microsoft.ContainerRegistry/registries",
        "sku!{name! tier} identity{*} properties{ adminUserEnabled loginServer~ creationDate~ provisioningState~ status~ * }",
        true,
        &Registries,
    ),
    row(
        "Microsoft.ContainerRegistry/registries/tokens",
        "properties{ scopeMapId credentials{*} status creationDate~ provisioningState~ }",
        false,
        &super::Nothing,
    ),
];

struct Registries;

impl Behaviour for Registries {
    fn accept(&self, _put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let server = format!("{}.azurecr.io", new.name.to_lowercase());
        new.properties_mut().insert("loginServer".to_owned(), json!(server));
        Ok(())
    }

    fn action(
        &self,
        cx: &mut Cx<'_>,
        arm: &ArmCall<'_>,
        _own_key: &str,
        action: &str,
    ) -> Option<Result<Reply, ArmError>> {
        if !action.eq_ignore_ascii_case("generateCredentials") {
            return None;
        }
        Some(arm.body().and_then(|body| {
            let token = body["tokenId"].as_str().unwrap_or_default();
            if !cx.state.resources.contains(&key(token)) {
                return Err(ArmError::bad("InvalidTokenId", format!("The token '{token}' does not exist.")));
            }
            let name = body["name"].as_str().unwrap_or("password1");
            let secret = new_secret(None, cx.now + time::Duration::days(180));
            Ok(Reply::json(200, &json!({
                "username": last(token),
                "passwords": [{"name": name, "value": secret.secret, "creationTime": rfc3339(cx.now), "expiry": body["expiry"]}],
            })))
        }))
    }
}
