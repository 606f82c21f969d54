//! Which of several possible values is looked at in the present walk.

/// An odometer whose wheels turn up as they are first needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    slots: Vec<Slot>,
}

#[derive(Clone, Debug)]
struct Slot {
    key: String,
    count: usize,
    at: usize,
}

impl Choices {
    /// The present choice among `count` values of `key`.
    pub(crate) fn choose(&mut self, key: &str, count: usize) -> usize {
        if count <= 1 {
            return 0;
        }
        if let Some(slot) = self.slots.iter().find(|slot| slot.key == key) {
            return slot.at.min(count - 1);
        }
        self.slots.push(Slot { key: key.to_owned(), count, at: 0 });
        0
    }

    /// Goes on to the next combination; false when there is none.
    pub(crate) fn advance(&mut self) -> bool {
        while let Some(slot) = self.slots.last_mut() {
            if slot.at + 1 < slot.count {
                slot.at += 1;
                return true;
            }
            self.slots.pop();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_comes_once() {
        let mut choices = Choices::default();
        let mut seen = Vec::new();
        loop {
            let a = choices.choose("a", 2);
            // a second wheel only turns where it is looked at
            let b = if a == 1 { choices.choose("b", 3) } else { 9 };
            assert_eq!(choices.choose("a", 2), a);
            seen.push((a, b));
            if !choices.advance() {
                break;
            }
        }
        assert_eq!(seen, [(0, 9), (1, 0), (1, 1), (1, 2)]);
    }
}
