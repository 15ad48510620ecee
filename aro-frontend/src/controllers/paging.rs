//! Lists that are handed out page by page.

use aro_api::{CloudError, Code};

use crate::fault::Fault;
use crate::links;
use crate::request::Call;

/// The query parameter that tells where a page begins.
const SKIP_TOKEN: &str = "$skipToken";

/// Where the page that the client asks for begins. A token is good for the list that it was given for (`bound_to`), and
/// no other.
pub(crate) fn begin(call: &Call, bound_to: &str) -> Result<Option<String>, Fault> {
    let Some(token) = call.parameter(SKIP_TOKEN) else {
        return Ok(None);
    };
    let opened = call.app.parts.page_token_key.open(bound_to, &token);
    Ok(Some(opened.map_err(|_| invalid_token())?))
}

/// The link to the page after `next`, if there is one.
pub(crate) fn next_link(call: &Call, bound_to: &str, next: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(next) = next else {
        return Ok(None);
    };
    let token = call
        .app
        .parts
        .page_token_key
        .seal(bound_to, next)
        .map_err(|error| Fault::Unexpected(error.to_string()))?;
    Ok(Some(links::with_parameter(&call.client_url, SKIP_TOKEN, &token)))
}

fn invalid_token() -> CloudError {
    CloudError::bad_request(
        Code::INVALID_PARAMETER,
        SKIP_TOKEN,
        "The skip token is not valid for this list. Follow the nextLink of a page as it is, or start the list again \
         without a token.",
    )
}
