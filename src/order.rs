//! Order, by one sort for the whole program.
//!
//! The sort of a slice, which the collections of std use, too, is made anew for every type and every way to
//! compare, and takes six kilobytes of the program each time.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The items in this order; what is equal stays in the order it has.
pub fn by<T>(items: impl IntoIterator<Item = T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let items: Vec<T> = items.into_iter().collect();
    let places = places(items.len(), &|one, other| {
        compare(&items[one], &items[other])
    });
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    let taken = places.into_iter().map(|place| items[place].take());
    taken.flatten().collect()
}

fn places(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|one, other| compare(*one, *other));
    places
}

/// The few items with the highest ratings, the highest first.
pub fn highest<T>(rated: impl IntoIterator<Item = (f64, T)>, few: usize) -> Vec<T> {
    let rated = by(rated, |one, other| other.0.total_cmp(&one.0));
    rated.into_iter().take(few).map(|(_, item)| item).collect()
}

/// The items as a set.
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

/// The pairs as a map; of one name the last.
pub fn map<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(pairs);
    map
}
