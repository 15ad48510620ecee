//! The server's own libraries of the Common Expression Language.
//!
//! | library | functions |
//! |---|---|
//! | amounts | `quantity`, `isQuantity`, `isGreaterThan`, `isLessThan`, `compareTo`, `sign`, `isInteger`, `asInteger`, `asApproximateFloat`, `add`, `sub` |
//! | addresses | `ip`, `isIP`, `ip.isCanonical`, `family`, `isUnspecified`, `isLoopback`, `isLinkLocalUnicast`, `isLinkLocalMulticast`, `isGlobalUnicast` |
//! | networks | `cidr`, `isCIDR`, `containsIP`, `containsCIDR`, `ip`, `masked`, `prefixLength` |
//! | URLs | `url`, `isURL`, `getScheme`, `getHost`, `getHostname`, `getPort`, `getEscapedPath`, `getQuery` |
//! | expressions | `find`, `findAll` |
//! | lists | `isSorted`, `sum`, `min`, `max`, `indexOf`, `lastIndexOf` |
//! | formats | `format.named`, `format.NAME`, `validate` |
//! | versions | `semver`, `isSemver`, `major`, `minor`, `patch`, `isGreaterThan`, `isLessThan`, `compareTo` |
//!
//! The authorizer's, times and durations are not there: see [`unsupported`].

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use cel::common::types::{DYN_TYPE, LIST_TYPE, STRING_TYPE};
use cel::common::value::CowVal;
use cel::objects::{Opaque, OptionalValue};
use cel::{DeclarationError, Env, ExecutionError, Value};
use ipnet::IpNet;
use regex::Regex;
use semver::Version;
use url::Url;

use crate::meta;
use crate::schema::Quantity;

type Outcome = Result<Value, ExecutionError>;

/// A value of the server's own types.
#[derive(Debug, Clone)]
enum Thing {
    Quantity(Quantity),
    Address(IpAddr),
    Network(IpNet),
    Url(Url),
    Version(Version),
    Format(Format),
}

impl PartialEq for Thing {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // Equal amounts may be written differently.
            (Self::Quantity(one), Self::Quantity(other)) => one.partial_cmp(other) == Some(Ordering::Equal),
            (Self::Address(one), Self::Address(other)) => one == other,
            (Self::Network(one), Self::Network(other)) => one == other,
            (Self::Url(one), Self::Url(other)) => one == other,
            (Self::Version(one), Self::Version(other)) => one.cmp_precedence(other).is_eq(),
            (Self::Format(one), Self::Format(other)) => std::ptr::fn_addr_eq(*one, *other),
            _ => false,
        }
    }
}

impl Eq for Thing {}

impl Opaque for Thing {
    fn runtime_type_name(&self) -> &str {
        match self {
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Address(_) => "net.IP",
            Self::Network(_) => "net.CIDR",
            Self::Url(_) => "kubernetes.URL",
            Self::Version(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
        }
    }
}

impl From<Thing> for Value {
    fn from(thing: Thing) -> Self {
        Self::Opaque(Arc::new(thing))
    }
}

/// What is wrong with a text of a format.
type Format = fn(&str) -> Vec<String>;

/// Formats by name.
const FORMATS: [(&str, Format); 13] = [
    ("dns1123Label", meta::dns_label),
    ("dns1123Subdomain", meta::subdomain),
    ("dns1035Label", label_1035),
    ("qualifiedName", meta::qualified_name),
    ("dns1123LabelPrefix", |text| prefix(text, meta::dns_label)),
    ("dns1123SubdomainPrefix", |text| prefix(text, meta::subdomain)),
    ("dns1035LabelPrefix", |text| prefix(text, label_1035)),
    ("labelValue", meta::label_value),
    ("uri", |text| wrong(text, Url::parse(text).is_err(), "URI")),
    ("uuid", |text| wrong(text, uuid::Uuid::try_parse(text).is_err(), "UUID")),
    ("byte", |text| {
        wrong(text, !super::check::has_format("byte", text), "base64")
    }),
    ("date", |text| {
        wrong(text, !super::check::has_format("date", text), "date")
    }),
    ("datetime", |text| {
        wrong(text, !super::check::has_format("date-time", text), "datetime")
    }),
];

fn wrong(text: &str, is: bool, what: &str) -> Vec<String> {
    if is {
        vec![format!("invalid {what}: {text:?}")]
    } else {
        Vec::new()
    }
}

fn label_1035(text: &str) -> Vec<String> {
    let mut faults = meta::dns_label(text);
    if faults.is_empty() && !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        faults.push(super::definition::NO_LABEL_1035.to_owned());
    }
    faults
}

/// What something follows may end with a dash.
fn prefix(text: &str, format: Format) -> Vec<String> {
    format(
        &text
            .strip_suffix('-')
            .map_or_else(|| text.to_owned(), |stem| format!("{stem}a")),
    )
}

fn refused(why: impl Into<String>) -> ExecutionError {
    ExecutionError::function_error("", why.into())
}

fn unfit() -> ExecutionError {
    refused("no such overload")
}

fn text(value: Option<&Value>) -> Result<&str, ExecutionError> {
    match value {
        Some(Value::String(text)) => Ok(text),
        _ => Err(unfit()),
    }
}

fn thing(value: Option<&Value>) -> Result<&Thing, ExecutionError> {
    match value {
        Some(Value::Opaque(opaque)) => opaque.downcast_ref::<Thing>().ok_or_else(unfit),
        _ => Err(unfit()),
    }
}

macro_rules! unwrap {
    ($name:ident, $variant:ident, $type:ty) => {
        fn $name(value: Option<&Value>) -> Result<&$type, ExecutionError> {
            match thing(value)? {
                Thing::$variant(found) => Ok(found),
                _ => Err(unfit()),
            }
        }
    };
}
unwrap!(quantity, Quantity, Quantity);
unwrap!(address, Address, IpAddr);
unwrap!(network, Network, IpNet);
unwrap!(url, Url, Url);
unwrap!(version, Version, Version);

/// An amount, or a whole number.
fn amount(value: Option<&Value>) -> Result<Quantity, ExecutionError> {
    match value {
        Some(Value::Int(number)) => Quantity::parse(&number.to_string()).ok_or_else(unfit),
        other => quantity(other).copied(),
    }
}

/// Dotted numbers have no leading zeros, and one family does not stand for the other.
fn parse_address(given: &str) -> Option<IpAddr> {
    let address: IpAddr = given.parse().ok()?;
    let mapped = matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
    (!mapped && !given.contains('%')).then_some(address)
}

/// A URL as rules know it: absolute, or a path.
fn parse_url(given: &str) -> Option<Url> {
    Url::parse(given)
        .ok()
        .filter(|url| given.contains("://") || !url.cannot_be_a_base())
}

fn compared(args: &[Value]) -> Result<Ordering, ExecutionError> {
    match thing(args.first())? {
        Thing::Quantity(one) => one.partial_cmp(&amount(args.get(1))?).ok_or_else(unfit),
        Thing::Version(one) => Ok(one.cmp_precedence(version(args.get(1))?)),
        _ => Err(unfit()),
    }
}

fn expression(value: Option<&Value>) -> Result<Regex, ExecutionError> {
    Regex::new(text(value)?).map_err(|error| refused(error.to_string()))
}

fn list(value: Option<&Value>) -> Result<&[Value], ExecutionError> {
    match value {
        Some(Value::List(list)) => Ok(list),
        _ => Err(unfit()),
    }
}

fn order(one: &Value, other: &Value) -> Result<Ordering, ExecutionError> {
    one.partial_cmp(other).ok_or_else(unfit)
}

fn is_sorted(args: &[Value]) -> Outcome {
    for pair in list(args.first())?.windows(2) {
        if order(&pair[0], &pair[1])?.is_gt() {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn sum(args: &[Value]) -> Outcome {
    let mut sum = Value::Int(0);
    for (index, item) in list(args.first())?.iter().enumerate() {
        sum = match (sum, item) {
            (_, item) if index == 0 => item.clone(),
            (Value::Int(sum), Value::Int(item)) => {
                Value::Int(sum.checked_add(*item).ok_or_else(|| refused("integer overflow"))?)
            }
            (Value::UInt(sum), Value::UInt(item)) => Value::UInt(
                sum.checked_add(*item)
                    .ok_or_else(|| refused("unsigned integer overflow"))?,
            ),
            (Value::Float(sum), Value::Float(item)) => Value::Float(sum + item),
            _ => return Err(unfit()),
        };
    }
    Ok(sum)
}

fn extreme(args: &[Value], wanted: Ordering) -> Outcome {
    let items = list(args.first())?;
    let mut found = items.first().ok_or_else(|| refused("min called on empty list"))?;
    for item in items {
        if order(item, found)? == wanted {
            found = item;
        }
    }
    Ok(found.clone())
}

fn place(at: Option<usize>) -> Outcome {
    Ok(Value::Int(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)))
}

fn find_all(args: &[Value]) -> Outcome {
    let most = match args.get(2) {
        Some(Value::Int(most)) => usize::try_from(*most).unwrap_or(usize::MAX),
        None => usize::MAX,
        Some(_) => return Err(unfit()),
    };
    let expression = expression(args.get(1))?;
    let found = expression.find_iter(text(args.first())?).take(most);
    Ok(Value::from(
        found.map(|found| Value::from(found.as_str())).collect::<Vec<_>>(),
    ))
}

fn query(args: &[Value]) -> Outcome {
    let mut values: HashMap<String, Vec<Value>> = HashMap::new();
    for (name, value) in url(args.first())?.query_pairs() {
        values.entry(name.into_owned()).or_default().push(Value::from(&*value));
    }
    let values: HashMap<String, Value> = values
        .into_iter()
        .map(|(name, values)| (name, Value::from(values)))
        .collect();
    Ok(Value::from(values))
}

fn host(url: &Url, with_port: bool) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port().filter(|_| with_port) {
        Some(port) => format!("{host}:{port}"),
        None if with_port => host.to_owned(),
        None => host.trim_matches(['[', ']']).to_owned(),
    }
}

fn contains(args: &[Value], of_network: bool) -> Outcome {
    let outer = network(args.first())?;
    let inside = match args.get(1) {
        Some(Value::String(given)) if of_network => {
            let inner: IpNet = given
                .parse()
                .map_err(|_| refused(format!("network address parse error: {given}")))?;
            outer.contains(&inner)
        }
        Some(Value::String(given)) => {
            let inner = parse_address(given).ok_or_else(|| refused(format!("IP Address {given:?} parse error")))?;
            outer.contains(&inner)
        }
        other if of_network => outer.contains(network(other)?),
        other => outer.contains(address(other)?),
    };
    Ok(Value::Bool(inside))
}

fn ip(args: &[Value]) -> Outcome {
    if let Ok(network) = network(args.first()) {
        return Ok(Thing::Address(network.addr()).into());
    }
    let given = text(args.first())?;
    let parsed = parse_address(given).ok_or_else(|| refused(format!("IP Address {given:?} parse error")))?;
    Ok(Thing::Address(parsed).into())
}

fn is_link_local_multicast(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
        IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
    }
}

fn is_link_local_unicast(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn is_global_unicast(address: &IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
    !broadcast
        && !address.is_unspecified()
        && !address.is_loopback()
        && !address.is_multicast()
        && !is_link_local_unicast(address)
}

fn named(name: &str) -> Option<Value> {
    let (_, format) = FORMATS.iter().find(|(known, _)| *known == name)?;
    Some(Thing::Format(*format).into())
}

fn optional(value: Option<Value>) -> Value {
    Value::Opaque(Arc::new(value.map_or_else(OptionalValue::none, OptionalValue::of)))
}

fn validate(args: &[Value]) -> Outcome {
    let Thing::Format(format) = thing(args.first())? else {
        return Err(unfit());
    };
    let faults = format(text(args.get(1))?);
    let told = (!faults.is_empty()).then(|| Value::from(faults.into_iter().map(Value::from).collect::<Vec<_>>()));
    Ok(optional(told))
}

fn call<'b, 'v>(args: &[CowVal<'b, 'v>], operation: fn(&[Value]) -> Outcome) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let values: Vec<Value> = args
        .iter()
        .map(|arg| Value::try_from(arg.as_ref()))
        .collect::<Result<_, _>>()?;
    Ok(CowVal::Owned(operation(&values)?.try_into()?))
}

/// Declares the libraries.
pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    macro_rules! global {
        ($($name:literal => $operation:expr;)*) => {$(
            env.add_overload($name, concat!($name, "(dyn)"), vec![DYN_TYPE], |args| call(&args, $operation))?;
        )*};
    }
    macro_rules! member {
        ($target:expr, $($name:literal ($count:literal) => $operation:expr;)*) => {$(
            let id = concat!("kubernetes.", $name, "/", $count);
            env.add_member_overload($name, id, $target, std::iter::repeat_with(|| DYN_TYPE).take($count).collect(), |args| call(&args, $operation))?;
        )*};
    }
    global! {
        "quantity" => |args| {
            let given = text(args.first())?;
            let parsed = Quantity::parse(given);
            Ok(Thing::Quantity(parsed.ok_or_else(|| refused(format!("quantity: {given} cannot be read")))?).into())
        };
        "isQuantity" => |args| Ok(Value::Bool(Quantity::parse(text(args.first())?).is_some()));
        "ip" => ip;
        "isIP" => |args| Ok(Value::Bool(parse_address(text(args.first())?).is_some()));
        "ip.isCanonical" => |args| {
            let given = text(args.first())?;
            let parsed = parse_address(given).ok_or_else(|| refused(format!("IP Address {given:?} parse error")))?;
            Ok(Value::Bool(parsed.to_string() == given))
        };
        "cidr" => |args| {
            let given = text(args.first())?;
            let parsed = given.parse().map_err(|_| refused(format!("network address parse error: {given}")))?;
            Ok(Thing::Network(parsed).into())
        };
        "isCIDR" => |args| Ok(Value::Bool(text(args.first())?.parse::<IpNet>().is_ok()));
        "url" => |args| {
            let given = text(args.first())?;
            let parsed = parse_url(given).ok_or_else(|| refused(format!("URL parse error: {given}")))?;
            Ok(Thing::Url(parsed).into())
        };
        "isURL" => |args| Ok(Value::Bool(parse_url(text(args.first())?).is_some()));
        "semver" => |args| {
            let given = text(args.first())?;
            let parsed = Version::parse(given).map_err(|_| refused(format!("semver: {given} cannot be read")))?;
            Ok(Thing::Version(parsed).into())
        };
        "isSemver" => |args| Ok(Value::Bool(Version::parse(text(args.first())?).is_ok()));
        "format.named" => |args| Ok(optional(named(text(args.first())?)));
    }
    member! { DYN_TYPE,
        "isGreaterThan" (1) => |args| Ok(Value::Bool(compared(args)?.is_gt()));
        "isLessThan" (1) => |args| Ok(Value::Bool(compared(args)?.is_lt()));
        "compareTo" (1) => |args| Ok(Value::Int(compared(args)? as i64));
        "sign" (0) => |args| Ok(Value::Int(quantity(args.first())?.sign()));
        "isInteger" (0) => |args| Ok(Value::Bool(quantity(args.first())?.is_whole()));
        "asInteger" (0) => |args| {
            let amount = quantity(args.first())?;
            let whole = amount.is_whole().then(|| i64::try_from(amount.whole()).ok()).flatten();
            Ok(Value::Int(whole.ok_or_else(|| refused("cannot convert value to integer"))?))
        };
        "asApproximateFloat" (0) => |args| Ok(Value::Float(quantity(args.first())?.approximate()));
        "add" (1) => |args| Ok(Thing::Quantity(quantity(args.first())?.plus(amount(args.get(1))?)).into());
        "sub" (1) => |args| Ok(Thing::Quantity(quantity(args.first())?.minus(amount(args.get(1))?)).into());
        "family" (0) => |args| Ok(Value::Int(if address(args.first())?.is_ipv4() { 4 } else { 6 }));
        "isUnspecified" (0) => |args| Ok(Value::Bool(address(args.first())?.is_unspecified()));
        "isLoopback" (0) => |args| Ok(Value::Bool(address(args.first())?.is_loopback()));
        "isLinkLocalUnicast" (0) => |args| Ok(Value::Bool(is_link_local_unicast(address(args.first())?)));
        "isLinkLocalMulticast" (0) => |args| Ok(Value::Bool(is_link_local_multicast(address(args.first())?)));
        "isGlobalUnicast" (0) => |args| Ok(Value::Bool(is_global_unicast(address(args.first())?)));
        "containsIP" (1) => |args| contains(args, false);
        "containsCIDR" (1) => |args| contains(args, true);
        "ip" (0) => ip;
        "masked" (0) => |args| Ok(Thing::Network(network(args.first())?.trunc()).into());
        "prefixLength" (0) => |args| Ok(Value::Int(network(args.first())?.prefix_len().into()));
        "getScheme" (0) => |args| Ok(Value::from(url(args.first())?.scheme()));
        "getHost" (0) => |args| Ok(Value::from(host(url(args.first())?, true)));
        "getHostname" (0) => |args| Ok(Value::from(host(url(args.first())?, false)));
        "getPort" (0) => |args| {
            let port = url(args.first())?.port();
            Ok(Value::from(port.map(|port| port.to_string()).unwrap_or_default()))
        };
        "getEscapedPath" (0) => |args| Ok(Value::from(url(args.first())?.path()));
        "getQuery" (0) => query;
        "validate" (1) => validate;
        "major" (0) => |args| Ok(Value::Int(i64::try_from(version(args.first())?.major).unwrap_or(i64::MAX)));
        "minor" (0) => |args| Ok(Value::Int(i64::try_from(version(args.first())?.minor).unwrap_or(i64::MAX)));
        "patch" (0) => |args| Ok(Value::Int(i64::try_from(version(args.first())?.patch).unwrap_or(i64::MAX)));
    }
    member! { STRING_TYPE,
        "find" (1) => |args| {
            let expression = expression(args.get(1))?;
            Ok(Value::from(expression.find(text(args.first())?).map_or("", |found| found.as_str())))
        };
        "findAll" (1) => find_all;
        "findAll" (2) => find_all;
    }
    member! { LIST_TYPE,
        "isSorted" (0) => is_sorted;
        "sum" (0) => sum;
        "min" (0) => |args| extreme(args, Ordering::Less);
        "max" (0) => |args| extreme(args, Ordering::Greater);
        "indexOf" (1) => |args| place(list(args.first())?.iter().position(|item| Some(item) == args.get(1)));
        "lastIndexOf" (1) => |args| place(list(args.first())?.iter().rposition(|item| Some(item) == args.get(1)));
    }
    macro_rules! formats {
        ($($name:literal)*) => {$(
            let name = concat!("format.", $name);
            env.add_overload(name, concat!("format.", $name, "()"), vec![], |args| {
                call(&args, |_| named($name).ok_or_else(unfit))
            })?;
        )*};
    }
    formats! {
        "dns1123Label" "dns1123Subdomain" "dns1035Label" "qualifiedName" "dns1123LabelPrefix" "dns1123SubdomainPrefix"
        "dns1035LabelPrefix" "labelValue" "uri" "uuid" "byte" "date" "datetime"
    }
    Ok(())
}

/// Says, once for each, that a function is not simulated: what needs it counts as holding.
pub(crate) fn unsupported(name: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.insert(name.to_owned()) {
        tracing::warn!(name, "expressions need what is not simulated: they count as holding");
    }
}
