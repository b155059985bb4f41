//! Numbers on the command line: what is wrong with one is told together with what is meant.

use std::ops::RangeInclusive;

/// A reader of whole numbers in this range; those it refuses hear of it and of an example.
pub fn whole<N: TryFrom<u64>>(
    range: RangeInclusive<u64>,
    example: &'static str,
) -> impl Fn(&str) -> Result<N, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number
            .and_then(|number| N::try_from(number).ok())
            .ok_or_else(|| match (range.start(), range.end()) {
                (least, &u64::MAX) => {
                    format!("a whole number from {least} on is meant, for example {example}")
                }
                (least, most) => {
                    format!("a whole number from {least} to {most} is meant, for example {example}")
                }
            })
    }
}

/// The same of seconds, which may have decimals.
pub fn seconds(
    range: RangeInclusive<f64>,
    example: &'static str,
) -> impl Fn(&str) -> Result<f64, String> + Clone {
    move |text| {
        let seconds = text.parse().ok().filter(|seconds| range.contains(seconds));
        seconds.ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            format!("seconds from {least} to {most} are meant, for example {example}")
        })
    }
}
