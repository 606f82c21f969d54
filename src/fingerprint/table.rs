//! Which windows of which forms have a hash.

/// A window of a form.
#[derive(Clone, Copy)]
pub(super) struct Item {
    pub(super) tag: u32,
    /// Number of the form.
    pub(super) form: u32,
    pub(super) offset: u16,
    pub(super) short: bool,
}

/// All windows, in groups by the first bits of their hashes.
pub(super) struct Table {
    items: Vec<Item>,
    starts: Vec<u32>,
    shift: u32,
}

impl Table {
    pub(super) fn new(items: Vec<Item>) -> Self {
        let bits = items.len().next_power_of_two().trailing_zeros().clamp(4, 20);
        let shift = 32 - bits;
        let mut starts = vec![0_u32; (1 << bits) + 1];
        for item in &items {
            starts[(item.tag >> shift) as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut sorted = items.clone();
        for item in items {
            let place = &mut next[(item.tag >> shift) as usize];
            sorted[*place as usize] = item;
            *place += 1;
        }
        Self { items: sorted, starts, shift }
    }

    #[inline]
    pub(super) fn get(&self, tag: u32) -> impl Iterator<Item = Item> + '_ {
        let bucket = (tag >> self.shift) as usize;
        let items = &self.items[self.starts[bucket] as usize..self.starts[bucket + 1] as usize];
        items.iter().copied().filter(move |item| item.tag == tag)
    }
}
