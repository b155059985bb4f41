//! A queue: its name and its attributes.

use crate::error::{Error, Result};

/// Seconds the documentation advises to keep messages at least: an hour.
pub const ADVISED_RETENTION: u32 = 3600;
/// Bytes of the largest event; a queue for smaller messages loses it.
pub const LARGEST_EVENT: u32 = 65536;

/// The numbers among the attributes, by their names on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The element's name.
    pub name: &'static str,
    /// The smallest value the service takes.
    pub min: u32,
    /// The largest.
    pub max: u32,
    /// What a new queue has.
    pub default: u32,
}

/// Seconds, except for the size, which is in bytes. Source: the vendor's page on limits of 2025.
pub const RANGES: [Range; 5] = [
    Range {
        name: "DelaySeconds",
        min: 0,
        max: 604_800,
        default: 0,
    },
    Range {
        name: "MaximumMessageSize",
        min: 1024,
        max: 65536,
        default: 65536,
    },
    Range {
        name: "MessageRetentionPeriod",
        min: 60,
        max: 604_800,
        default: 345_600,
    },
    Range {
        name: "VisibilityTimeout",
        min: 1,
        max: 43200,
        default: 30,
    },
    Range {
        name: "PollingWaitSeconds",
        min: 0,
        max: 30,
        default: 0,
    },
];

/// The attributes that can be set; `None` leaves one as it is, or to the service's default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Seconds before a new message can be received.
    pub delay_seconds: Option<u32>,
    /// The most bytes of a body.
    pub maximum_message_size: Option<u32>,
    /// Seconds a message is kept.
    pub message_retention_period: Option<u32>,
    /// Seconds a received message stays out of sight.
    pub visibility_timeout: Option<u32>,
    /// Seconds a receipt waits for a message unless it says otherwise.
    pub polling_wait_seconds: Option<u32>,
    /// Whether the service writes logs.
    pub logging_enabled: Option<bool>,
}

impl Attributes {
    /// What suits callbacks: four days, the largest messages, a minute out of sight, long polling.
    pub fn for_callbacks() -> Self {
        Attributes {
            message_retention_period: Some(345_600),
            visibility_timeout: Some(60),
            polling_wait_seconds: Some(20),
            maximum_message_size: Some(65536),
            ..Attributes::default()
        }
    }

    /// The numbers in the order of [`RANGES`].
    pub fn numbers(&self) -> [Option<u32>; 5] {
        [
            self.delay_seconds,
            self.maximum_message_size,
            self.message_retention_period,
            self.visibility_timeout,
            self.polling_wait_seconds,
        ]
    }

    /// The same numbers to write to.
    pub fn numbers_mut(&mut self) -> [&mut Option<u32>; 5] {
        [
            &mut self.delay_seconds,
            &mut self.maximum_message_size,
            &mut self.message_retention_period,
            &mut self.visibility_timeout,
            &mut self.polling_wait_seconds,
        ]
    }

    /// The numbers of these that another queue has otherwise: name, here, there. Where one of both is silent
    /// there is no difference.
    pub fn differences(
        &self,
        other: &Attributes,
    ) -> impl Iterator<Item = (&'static str, u32, u32)> + use<> {
        let both = self.numbers().into_iter().zip(other.numbers());
        RANGES
            .into_iter()
            .zip(both)
            .filter_map(|(range, pair)| match pair {
                (Some(here), Some(there)) if here != there => Some((range.name, here, there)),
                _ => None,
            })
    }

    /// The first number that the service would not take.
    pub fn out_of_range(&self) -> Option<Range> {
        let fits = |number: Option<u32>, range: &Range| {
            number.is_none_or(|number| (range.min..=range.max).contains(&number))
        };
        RANGES
            .into_iter()
            .zip(self.numbers())
            .find(|(range, number)| !fits(*number, range))
            .map(|(range, _)| range)
    }

    /// Checks the numbers before anything is sent.
    ///
    /// # Errors
    /// A usage error that names the attribute and its range.
    pub fn check(&self) -> Result<()> {
        match self.out_of_range() {
            None => Ok(()),
            Some(Range { name, min, max, .. }) => Err(Error::usage(format!(
                "{name} of a queue must be from {min} to {max}"
            ))),
        }
    }
}

/// What GetQueueAttributes tells; `None` where it is silent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// The queue's name.
    pub name: String,
    /// What can be set.
    pub attributes: Attributes,
    /// When it was made.
    pub created: Option<jiff::Timestamp>,
    /// When its attributes were last changed.
    pub modified: Option<jiff::Timestamp>,
    /// Messages that can be received. The service is phasing the three counts out and then says 0,
    /// so that 0 does not prove an empty queue.
    pub active: Option<u64>,
    /// Messages that were received and not deleted.
    pub inactive: Option<u64>,
    /// Messages whose delay is not over.
    pub delayed: Option<u64>,
}
