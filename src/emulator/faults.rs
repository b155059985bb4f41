//! What goes wrong on purpose: `[[ACTION][@PLACE]:]KIND[=VALUE][*TIMES]`.
//!
//! Of the faults that fit a call the first one that is not spent happens, so that a list tells a
//! story call by call. Delays and a wrong clock come on top of it.

use std::time::Duration;

use super::disguise::Disguise;
use super::operation::Operation;
use crate::error::{Error, Result};

/// One fault, and how often it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The only operation it befalls, or any.
    operation: Option<Operation>,
    /// The only region or application whose calls it befalls, or any.
    place: Option<String>,
    kind: Kind,
    /// How many more times it happens, or always.
    left: Option<u64>,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// `Throttling.User`, with the milliseconds to wait.
    Throttle(Option<u64>),
    Internal,
    Unavailable,
    /// A refusal with any code.
    Error(String),
    /// The connection closes before anything is done.
    ResetBefore,
    /// 200 with a body that is no JSON.
    Garbage,
    /// 502 with a page by a proxy.
    Html,
    /// 200 with a page.
    HtmlOk,
    /// RAM denies the permission.
    Deny,
    /// The application denies it.
    DeniedApp,
    Suspended,
    NotActivated,
    /// The call is done, then the connection closes.
    ResetAfter,
    /// The call is done, then fails.
    InternalAfter,
    /// The call is done, the answer breaks off.
    Truncate,
    /// The call is done, the answer looks otherwise; a redirection comes before anything is done.
    Disguised(Disguise),
    /// Set stores an empty event list.
    DropEvents,
    /// Somebody else's URL stands there after the Set.
    Foreign,
    /// Nothing goes wrong, so that a list can spare the first calls.
    Pass,
    /// The server's clock is off by these seconds.
    Skew(i64),
    /// A delay before anything is done.
    Slow(Duration),
    /// A delay after the call is done.
    SlowAfter(Duration),
}

/// What a fault looks at to find out whether it befalls a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aim<'a> {
    /// What is asked for, if that is known.
    pub(super) operation: Option<Operation>,
    /// The centre it is for.
    pub(super) region: &'a str,
    /// The application it is for, if it is for one.
    pub(super) app_id: &'a str,
}

impl Aim<'_> {
    /// The same call once it is verified what it asks for.
    pub(super) fn verified(self, operation: Operation) -> Self {
        Aim {
            operation: Some(operation),
            ..self
        }
    }
}

/// When a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before the signature is looked at.
    Arrival,
    /// To a call that was let through.
    Verified,
    /// On top of whatever else happens.
    Beside,
}

impl Kind {
    const NAMES: &str = "throttle[=MS], internal, unavailable, error=CODE, reset-before, reset-after, \
        internal-after, slow=MS, slow-after=MS, garbage, html, html-ok, redirect, truncate, wrong-type, \
        huge-headers, gzip-bomb, skew=SECONDS, deny, denied-app, suspended, not-activated, drop-events, foreign, pass";

    fn parse(name: &str, value: Option<&str>) -> Option<Kind> {
        let wait = || value?.parse().ok().map(Duration::from_millis);
        match name {
            "throttle" => match value {
                None => Some(Kind::Throttle(None)),
                Some(text) => text.parse().ok().map(|wait| Kind::Throttle(Some(wait))),
            },
            "error" => value
                .filter(|code| is_code(code))
                .map(|code| Kind::Error(code.into())),
            "skew" => value?.parse().ok().filter(is_skew).map(Kind::Skew),
            "slow" => wait().map(Kind::Slow),
            "slow-after" => wait().map(Kind::SlowAfter),
            _ if value.is_some() => None,
            _ => Kind::parse_plain(name),
        }
    }

    /// The kinds without a value.
    fn parse_plain(name: &str) -> Option<Kind> {
        let kind = match name {
            "internal" => Kind::Internal,
            "unavailable" => Kind::Unavailable,
            "reset-before" => Kind::ResetBefore,
            "garbage" => Kind::Garbage,
            "html" => Kind::Html,
            "html-ok" => Kind::HtmlOk,
            "deny" => Kind::Deny,
            "denied-app" => Kind::DeniedApp,
            "suspended" => Kind::Suspended,
            "not-activated" => Kind::NotActivated,
            "reset-after" => Kind::ResetAfter,
            "internal-after" => Kind::InternalAfter,
            "truncate" => Kind::Truncate,
            "drop-events" => Kind::DropEvents,
            "foreign" => Kind::Foreign,
            "pass" => Kind::Pass,
            _ => Kind::Disguised(Disguise::parse(name)?),
        };
        Some(kind)
    }

    const fn moment(&self) -> Moment {
        match self {
            Kind::Throttle(_)
            | Kind::Internal
            | Kind::Unavailable
            | Kind::Error(_)
            | Kind::ResetBefore
            | Kind::Garbage
            | Kind::Html
            | Kind::HtmlOk
            | Kind::Disguised(Disguise::Redirect) => Moment::Arrival,
            Kind::Deny
            | Kind::DeniedApp
            | Kind::Suspended
            | Kind::NotActivated
            | Kind::ResetAfter
            | Kind::InternalAfter
            | Kind::Truncate
            | Kind::Disguised(_)
            | Kind::DropEvents
            | Kind::Foreign
            | Kind::Pass => Moment::Verified,
            Kind::Skew(_) | Kind::Slow(_) | Kind::SlowAfter(_) => Moment::Beside,
        }
    }

    /// Whether a fault without an action befalls this operation. VOD, STS, RAM and the queues are meant
    /// by it; the places that hand out keys share only the clock with them.
    fn suits(&self, operation: Option<Operation>) -> bool {
        match self {
            Kind::DropEvents | Kind::Foreign => operation == Some(Operation::Set),
            // STS and RAM are denied only when their operations are named.
            Kind::Deny => operation.is_none_or(|it| it.is_vod() || it.is_on_queues()),
            // What only VOD knows.
            Kind::DeniedApp | Kind::Suspended | Kind::NotActivated => {
                operation.is_none_or(Operation::is_vod)
            }
            Kind::Skew(_) => true,
            _ => !operation.is_some_and(Operation::is_place),
        }
    }

    /// Whether the fault can befall this operation when it is named.
    fn fits(&self, operation: Operation) -> bool {
        match self {
            Kind::DropEvents | Kind::Foreign => operation == Operation::Set,
            Kind::Deny => !operation.is_place(),
            Kind::DeniedApp | Kind::Suspended | Kind::NotActivated => {
                !operation.is_place() && !operation.is_on_queues()
            }
            _ => true,
        }
    }
}

impl Fault {
    /// Reads a specification, for example `set:reset-after*1` or `throttle=200`.
    ///
    /// # Errors
    /// A usage error that lists the kinds.
    pub fn parse(spec: &str) -> Result<Fault> {
        parse(spec).ok_or_else(|| {
            Error::usage(format!("{spec:?} is not a fault"))
                .hint(format!(
                    "a fault is [[ACTION][@PLACE]:]KIND[=VALUE][*TIMES], PLACE is a region or an application, and ACTION one of {}",
                    Operation::words()
                ))
                .hint(format!("kinds are {}", Kind::NAMES))
        })
    }

    fn befalls(&self, aim: Aim<'_>) -> bool {
        let in_scope = match self.operation {
            None => self.kind.suits(aim.operation),
            some => some == aim.operation,
        };
        let place = self.place.as_deref();
        let in_place = place.is_none_or(|place| place == aim.region || place == aim.app_id);
        in_scope && in_place && self.left != Some(0)
    }

    fn spend(&mut self) -> Kind {
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.kind.clone()
    }
}

/// The first fault that befalls the operation, if this is its moment.
pub(super) fn take(faults: &mut [Fault], aim: Aim<'_>, moment: Moment) -> Option<Kind> {
    faults
        .iter_mut()
        .find(|fault| fault.kind.moment() != Moment::Beside && fault.befalls(aim))
        .filter(|fault| fault.kind.moment() == moment)
        .map(Fault::spend)
}

/// The sum of what `value` finds in the faults that befall the operation beside others.
pub(super) fn gather<T: std::iter::Sum>(
    faults: &mut [Fault],
    aim: Aim<'_>,
    value: impl Fn(&Kind) -> Option<T>,
) -> T {
    faults
        .iter_mut()
        .filter(|fault| fault.befalls(aim))
        .filter_map(|fault| {
            let found = value(&fault.kind)?;
            fault.spend();
            Some(found)
        })
        .sum()
}

fn parse(spec: &str) -> Option<Fault> {
    let (aim, rest) = match spec.split_once(':') {
        Some((aim, rest)) => (aim, rest),
        None => ("", spec),
    };
    let (action, place) = match aim.split_once('@') {
        Some((action, place)) => (action, Some(place.to_owned())),
        None => (aim, None),
    };
    let operation = match action {
        "" if place.is_none() && spec.contains(':') => return None,
        "" => None,
        action => Some(Operation::parse(action)?),
    };
    if place.as_deref() == Some("") {
        return None;
    }
    let (what, left) = match rest.rsplit_once('*') {
        Some((what, times)) => (what, Some(times.parse().ok()?)),
        None => (rest, None),
    };
    let (name, value) = match what.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (what, None),
    };
    let kind = Kind::parse(name, value)?;
    if operation.is_some_and(|operation| !kind.fits(operation)) {
        return None;
    }
    Some(Fault {
        operation,
        place,
        kind,
        left,
    })
}

/// Less than a century, as the clock must stay within the range of dates.
fn is_skew(seconds: &i64) -> bool {
    seconds.unsigned_abs() < 3_000_000_000
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}
