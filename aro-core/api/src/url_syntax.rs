//! Whether a text can be read as a URL reference, as leniently as resource provider replies have always been checked:
//! relative references pass, control characters, broken escapes, bad ports and hosts do not.

/// Whether the text can be read as a URL reference.
pub fn is_url(text: &str) -> bool {
    let (text, fragment) = text.split_once('#').map_or((text, ""), |(head, tail)| (head, tail));
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7F) || !has_whole_escapes(fragment) {
        return false;
    }
    let Some((scheme, rest)) = split_scheme(text) else {
        return false;
    };
    let rest = rest.split_once('?').map_or(rest, |(head, _)| head);
    if !rest.starts_with('/') {
        // Opaque after a scheme; else a first segment with a colon would read like a scheme.
        return !scheme.is_empty()
            || (!rest.split('/').next().is_some_and(|first| first.contains(':')) && has_whole_escapes(rest));
    }
    let after_slashes = if scheme.is_empty() && rest.starts_with("///") {
        None
    } else {
        rest.strip_prefix("//")
    };
    match after_slashes {
        Some(rest) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            is_authority(authority) && has_whole_escapes(path)
        }
        None => has_whole_escapes(rest),
    }
}

/// Splits off the scheme (empty if there is none); `None` if there is a colon without a scheme before it.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return None,
            b':' => return Some((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Some(("", text))
}

fn has_whole_escapes(text: &str) -> bool {
    escapes(text).all(|escape| escape.is_some())
}

/// The value of each `%XX`; `None` for one that is cut off or not hexadecimal.
fn escapes(text: &str) -> impl Iterator<Item = Option<u8>> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| (*byte as char).to_digit(16));
    bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'%')
        .map(move |(at, _)| {
            let value = digit(at + 1)? * 16 + digit(at + 2)?;
            u8::try_from(value).ok()
        })
}

fn is_authority(authority: &str) -> bool {
    let (user, host) = authority
        .rsplit_once('@')
        .map_or(("", authority), |(user, host)| (user, host));
    let user_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !user.bytes().all(user_byte) || !has_whole_escapes(user) {
        return false;
    }
    if host.starts_with('[') {
        let Some((literal, port)) = host.rsplit_once(']') else {
            return false;
        };
        let (address, zone) = literal.find("%25").map_or((literal, ""), |at| literal.split_at(at));
        return is_port(port) && is_host(address) && has_whole_escapes(zone);
    }
    let port = host.rfind(':').map_or("", |at| &host[at..]);
    is_port(port) && is_host(host)
}

fn is_port(text: &str) -> bool {
    text.is_empty()
        || text
            .strip_prefix(':')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Escapes in a host may only stand for bytes beyond ASCII (and for the percent sign itself).
fn is_host(text: &str) -> bool {
    let host_byte =
        |byte: u8| !byte.is_ascii() || byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"%".contains(&byte);
    text.bytes().all(host_byte) && escapes(text).all(|escape| escape.is_some_and(|byte| byte >= 0x80 || byte == b'%'))
}

#[cfg(test)]
mod tests {
    use super::is_url;

    #[test]
    fn lenient_about_everything_that_can_be_read() {
        for valid in [
            "",
            "foo",
            "invalid",
            "//x",
            "https://api.cluster.location.aroapp.io:6443/",
            "HTTPS://API:6443/",
            "https://user:pass%20word@host/path?%zz#frag%20",
            "http://[::1]:80/",
            "http://[fe80::1%25eth0]/",
            "mailto:x",
            "http:/a:b",
            "a/b:c",
            "///a b",
            "http://x:/",
        ] {
            assert!(is_url(valid), "{valid}");
        }
    }

    #[test]
    fn refuses_what_cannot_be_read() {
        for wrong in [
            "\u{7f}",
            "a\nb",
            ":",
            "http://[::1",
            "http://x:port/",
            "1http://x",
            "http://x/%",
            "http://a b/",
            "%zz",
            "http://%41/",
            "http://us er@host/",
            "x#%zz",
        ] {
            assert!(!is_url(wrong), "{wrong}");
        }
    }
}
