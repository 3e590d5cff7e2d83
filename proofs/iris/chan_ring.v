(* SPDX-License-Identifier: BSL-1.0 *)
(** The buffer of a channel: mpmc_ring's slots, with a mark in each of the two index words, and what the holder of the
    channel's lock does with the marks.

    The program is sluice/detail/chan_ring.hpp with chan_words.hpp, for one element at a time. A compare-exchange may fail for
    no reason, as the source's weak ones may. Written in another way: fetch_or is a compare-exchange that is tried until it
    succeeds; fetch_and(~mark), on a word that the holder of the lock has marked, is a fetch_add of -1; and a prophecy, which
    has no effect, names beforehand what the last load of "none" will read. Where a push or a pop begins is a guess, and
    nothing is known of it. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_var.
From iris.unstable.base_logic Require Import mono_list.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Export mpmc_ring.

(** ** Program *)
(* the slots and the words of mpmc_ring, and the two guesses *)
Notation slots r := (Fst r).
Notation next_push r := (Fst (Snd r)).
Notation next_pop r := (Snd (Snd r)).

(* how an attempt ended: ring_answer, and what the channel makes of it; none is full or empty *)
Inductive answer := moved | none | unfinished | barred | closed | quit.
Definition code (a : answer) : Z :=
  match a with moved => 0 | none => 1 | unfinished => 2 | barred => 3 | closed => 4 | quit => 5 end.

Definition new_ring : val := λ: "n" "lap",
  let: "s" := mpmc_ring.new_ring "n" "lap" in
  let: "push" := ref #0 in let: "pop" := ref #0 in ("s", ("push", "pop")).

Definition unmarked : val := λ: "pos", "pos" - "pos" `rem` #2.
(* how far the slot's turn is ahead of "writable in the lap of pos" *)
Definition turn_at : val := λ: "r" "pos",
  !(turns (slots "r") +ₗ index_of (slots "r") "pos")                 (*@ turn_at load#1 acquire *)
  - lap_of (slots "r") "pos".
Definition fill : val := λ: "r" "pos" "v",
  (cells (slots "r") +ₗ index_of (slots "r") "pos") <- "v";;         (*@ fill storage *)
  (turns (slots "r") +ₗ index_of (slots "r") "pos") <- lap_of (slots "r") "pos" + #1. (*@ fill store#1 release *)
Definition drain : val := λ: "r" "pos",
  let: "v" := !(cells (slots "r") +ₗ index_of (slots "r") "pos") in  (*@ drain value *)
  (turns (slots "r") +ₗ index_of (slots "r") "pos")
    <- lap_of (slots "r") "pos" + lap_size (slots "r");;             (*@ drain store#1 release *)
  "v".

Definition claim_push : val := rec: "claim" "r" "pos" :=
  if: is_marked "pos" then InjL #(code barred) else
  let: "ahead" := turn_at "r" "pos" in
  if: "ahead" = #0 then
    next_push "r" <- next_of (slots "r") "pos";;                     (*@ claim_push store#1 relaxed *)
    let: "seen" := weak_cas (tail (slots "r")) "pos" (next_of (slots "r") "pos") in (*@ claim_push compare_exchange_weak#1 seq_cst/relaxed *)
    if: Snd "seen" then InjR "pos" else
    (if: is_marked (Fst "seen") then next_push "r" <- unmarked (Fst "seen") else #());; (*@ claim_push store#2 relaxed *)
    "claim" "r" (Fst "seen")
  else if: "ahead" < #0 then
    let: "p" := NewProph in
    let: "now" := !(tail (slots "r")) in                             (*@ claim_push load#2 seq_cst *)
    let: "head" := unmarked (Resolve (!(head (slots "r"))) "p" #()) in (*@ claim_push load#3 seq_cst *)
    if: "now" = "pos"
    then InjL (if: "head" = "pos" - lap_size (slots "r") then #(code none) else #(code unfinished))
    else "claim" "r" "now"
  else "claim" "r" !(tail (slots "r")).                              (*@ claim_push load#4 relaxed *)
Definition push : val := λ: "r" "v",
  match: claim_push "r" !(next_push "r") with                        (*@ claim_push load#1 relaxed *)
    InjL "a" => "a"
  | InjR "pos" => fill "r" "pos" "v";; #(code moved)
  end.

Definition claim_pop : val := rec: "claim" "r" "pos" :=
  if: is_marked "pos" then InjL #(code barred) else
  let: "ahead" := turn_at "r" "pos" in
  if: "ahead" = #1 then
    next_pop "r" <- next_of (slots "r") "pos";;                      (*@ claim_pop store#1 relaxed *)
    let: "seen" := weak_cas (head (slots "r")) "pos" (next_of (slots "r") "pos") in (*@ claim_pop compare_exchange_weak#1 seq_cst/relaxed *)
    if: Snd "seen" then InjR "pos" else
    (if: is_marked (Fst "seen") then next_pop "r" <- unmarked (Fst "seen") else #());; (*@ claim_pop store#2 relaxed *)
    "claim" "r" (Fst "seen")
  else if: "ahead" ≤ #0 then
    let: "now" := !(head (slots "r")) in                             (*@ claim_pop load#2 acquire *)
    let: "last" := !(tail (slots "r")) in                            (*@ claim_pop load#3 seq_cst *)
    if: ("now" = "pos") && ("last" = "pos") then InjL #(code none) else
    if: ("now" = "pos") && ("last" = "pos" + #1) then InjL #(code barred) else
    let: "again" := !(head (slots "r")) in                           (*@ claim_pop load#4 relaxed *)
    if: ("now" = "pos") && ("again" = "pos") then InjL #(code unfinished) else "claim" "r" "again"
  else "claim" "r" !(head (slots "r")).                              (*@ claim_pop load#5 relaxed *)
(* the answer, and the element *)
Definition pop : val := λ: "r",
  match: claim_pop "r" !(next_pop "r") with                          (*@ claim_pop load#1 relaxed *)
    InjL "a" => ("a", #())
  | InjR "pos" => (#(code moved), drain "r" "pos")
  end.

(* under the lock *)
Definition bar_pushes_if_empty : val := λ: "r",
  let: "head" := !(head (slots "r")) in                              (*@ bar_pushes_if_empty load#1 relaxed *)
  let: "seen" := weak_cas (tail (slots "r")) "head" ("head" + #1) in (*@ bar_pushes_if_empty compare_exchange_weak#1 relaxed/relaxed *)
  Snd "seen" || (Fst "seen" = "head" + #1).
Definition bar_pops_if_full : val := λ: "r",
  let: "full" := !(tail (slots "r")) - lap_size (slots "r") in       (*@ bar_pops_if_full load#1 relaxed *)
  let: "seen" := weak_cas (head (slots "r")) "full" ("full" + #1) in (*@ bar_pops_if_full compare_exchange_weak#1 relaxed/relaxed *)
  Snd "seen" || (Fst "seen" = "full" + #1).
Definition let_pushes : val := λ: "r", FAA (tail (slots "r")) #(-1);; #(). (*@ let_pushes fetch_and#1 relaxed *)
Definition let_pops : val := λ: "r", FAA (head (slots "r")) #(-1);; #().   (*@ let_pops fetch_and#1 release *)
Definition bar_pushes : val := rec: "bar" "r" :=
  let: "word" := !(tail (slots "r")) in
  if: is_marked "word" then #() else
  if: Snd (CmpXchg (tail (slots "r")) "word" ("word" + #1)) then #() (*@ bar_pushes fetch_or#1 seq_cst *)
  else "bar" "r".
Definition front_is_filled : val := λ: "r",
  turn_at "r" (unmarked !(head (slots "r"))) = #1.                   (*@ front_is_filled load#1 relaxed *)
(* takes the element at the head; without letting anybody in between puts v at the tail *)
Definition exchange_front : val := λ: "r" "v",
  let: "head" := unmarked !(head (slots "r")) in                     (*@ exchange_front load#1 relaxed *)
  let: "word" := !(tail (slots "r")) in                              (*@ exchange_front load#2 relaxed *)
  let: "tail" := unmarked "word" in
  head (slots "r") <- next_of (slots "r") "head" + #1;;              (*@ exchange_front store#1 relaxed *)
  tail (slots "r") <- next_of (slots "r") "tail" + ("word" - "tail");; (*@ exchange_front store#2 relaxed *)
  let: "u" := !(cells (slots "r") +ₗ index_of (slots "r") "head") in (*@ exchange_front value *)
  fill "r" "tail" "v";;
  "u".

(*@ of primitives/sluice/chan.hpp primitives/sluice/detail/chan_ring.hpp primitives/sluice/detail/chan_words.hpp
    without ~chan_ring: only the thread that destroys it is left
    without push_is_busy: a guess, before settle sleeps
    without pop_is_busy: a guess, before settle sleeps
    without looks_empty: a guess, before an attempt that may be in vain
    without looks_full: a guess, before an attempt that may be in vain
    without size: a guess
    without pop_barred: for a select that is in line itself
    without push_barred: for a select that is in line itself
    without show_senders: of a channel without a buffer
    without show_receivers: of a channel without a buffer
    without no_senders: of a channel without a buffer
    without no_receivers: of a channel without a buffer
    without shown: of a channel without a buffer
    path push.moved: claim_push load#1, turn_at load#1, claim_push store#1, claim_push compare_exchange_weak#1, fill storage, fill store#1
    path push.none: claim_push load#1, turn_at load#1, claim_push load#2, claim_push load#3
    path push.overtaken: claim_push load#1, turn_at load#1, claim_push store#1, claim_push compare_exchange_weak#1, turn_at load#1,
      claim_push load#2, claim_push load#3
    path push.behind: claim_push load#1, turn_at load#1, claim_push load#4, turn_at load#1, claim_push load#2, claim_push load#3
    path push.closed: claim_push load#1, turn_at load#1, claim_push store#1, claim_push compare_exchange_weak#1, claim_push store#2
    path push.hands_over: claim_push load#1, turn_at load#1, claim_push store#1, claim_push compare_exchange_weak#1, claim_push store#2,
      let_pushes fetch_and#1
    path push.in_line: claim_push load#1, turn_at load#1, claim_push load#4, turn_at load#1, claim_push load#2, claim_push load#3,
      claim_push load#1, turn_at load#1, claim_push load#4, turn_at load#1, claim_push load#2, claim_push load#3,
      bar_pops_if_full load#1, bar_pops_if_full compare_exchange_weak#1
    path pop.moved: claim_pop load#1, turn_at load#1, claim_pop store#1, claim_pop compare_exchange_weak#1, drain value, drain store#1
    path pop.none: claim_pop load#1, turn_at load#1, claim_pop load#2, claim_pop load#3
    path pop.overtaken: claim_pop load#1, turn_at load#1, claim_pop store#1, claim_pop compare_exchange_weak#1, turn_at load#1,
      claim_pop load#2, claim_pop load#3
    path pop.behind: claim_pop load#1, turn_at load#1, claim_pop load#5, turn_at load#1, claim_pop load#2, claim_pop load#3
    path pop.unfinished: claim_pop load#1, turn_at load#1, claim_pop load#2, claim_pop load#3, claim_pop load#4
    path pop.closed: claim_pop load#1, turn_at load#1, claim_pop load#2, claim_pop load#3,
      claim_pop load#1, turn_at load#1, claim_pop load#2, claim_pop load#3
    path pop.in_line: claim_pop load#1, turn_at load#1, claim_pop load#2, claim_pop load#3,
      claim_pop load#1, turn_at load#1, claim_pop load#2, claim_pop load#3,
      bar_pushes_if_empty load#1, bar_pushes_if_empty compare_exchange_weak#1
    path pop.exchanges: claim_pop load#1, turn_at load#1, claim_pop store#1, claim_pop compare_exchange_weak#1, claim_pop store#2,
      front_is_filled load#1, turn_at load#1, exchange_front load#1, exchange_front load#2, exchange_front store#1,
      exchange_front store#2, exchange_front value, exchange_front value, fill storage, fill store#1, let_pops fetch_and#1
    path close: bar_pushes fetch_or#1 *)

(** ** Ghost state *)
Class chan_ringG Σ := ChanRingG {
  chan_mono_nat :> mono_natG Σ;
  chan_items :> mono_listG val Σ;
  chan_content :> ghost_varG Σ (list val * bool);
  chan_bars :> ghost_varG Σ (option nat * bool) }.
Definition chan_ringΣ : gFunctors := #[mono_natΣ; mono_listΣ val; ghost_varΣ (list val * bool); ghost_varΣ (option nat * bool)].
Global Instance subG_chan_ringΣ {Σ} : subG chan_ringΣ Σ → chan_ringG Σ. Proof. solve_inG. Qed.

Record buffer := Buffer {
  l_turns : loc; l_cells : loc; l_head : loc; l_tail : loc; l_push : loc; l_pop : loc;
  ηc : gname; ηx : gname; ηh : gname; ηt : gname; ηp : gname; ηq : gname; ηs : list gname }.

Section ring.
  Context `{!heapGS Σ, !chan_ringG Σ} (N : namespace) (n : nat) (lap : Z).
  Implicit Types (r : buffer) (h t i k : nat) (xs vs : list val) (m p q x odd : bool) (u : option nat * bool).
  Local Notation place := (place n lap).
  Local Notation word := (word n lap).

  (** the abstract state: a FIFO, and whether it is closed; half of it is the client's *)
  Definition content r vs m : iProp Σ := ghost_var (ηc r) (1/2) (vs, m).
  Global Instance content_timeless r vs m : Timeless (content r vs m). Proof. apply _. Qed.

  (** What the holder of the lock knows, for nobody else writes it: at which tail pushes are barred, if they are, and whether it
      is closed; at which head pops are barred, if they are, and whether an exchange has moved the head and not yet the tail. *)
  Definition pushes_barred r u : iProp Σ := ghost_var (ηp r) (1/2) u.
  Definition pops_barred r u : iProp Σ := ghost_var (ηq r) (1/2) u.
  (** while pushes are barred the ring is empty; while pops are barred it is full *)
  Definition emptied r t : iProp Σ := mono_nat_lb_own (ηh r) t.
  Definition filled_up r h : iProp Σ := mono_nat_lb_own (ηt r) (h + n).

  (** Slot [i] in lap [k], as in mpmc_ring. That a push of the next lap waits for its pop is no longer so of the one that
      exchange_front puts in. *)
  Definition slot r xs h t i (γ : gname) : iProp Σ :=
    ∃ k odd, mono_nat_auth_own γ 1 (2 * k + Nat.b2n odd) ∗ (l_turns r +ₗ i) ↦{#1/2} #(lap * k + Nat.b2n odd) ∗
      if odd then
        ⌜(n*k+i < t ∧ n*k+i < h+n ∧ h ≤ n*k+i+n)%nat⌝ ∗
        (⌜(n*k+i < h)%nat⌝ ∨ (l_turns r +ₗ i) ↦{#1/2} #(lap * k + 1%nat) ∗ ∃ w, ⌜xs !! (n*k+i)%nat = Some w⌝ ∗ (l_cells r +ₗ i) ↦ w)
      else
        ⌜(h ≤ n*k+i ∧ n*k+i < h+n)%nat⌝ ∗
        (⌜(n*k+i < t)%nat⌝ ∨ (l_turns r +ₗ i) ↦{#1/2} #(lap * k + 0%nat) ∗ ∃ w, (l_cells r +ₗ i) ↦ w).
  Global Instance slot_timeless r xs h t i γ : Timeless (slot r xs h t i γ).
  Proof. apply bi.exist_timeless => k. apply bi.exist_timeless => odd. destruct odd; apply _. Qed.

  (** what the marks say *)
  Definition bars_true h t m p q x : Prop :=
    (x = true → q = true ∧ t = h + n)%nat ∧ (m = true → p = true).
  Definition ring_inv r : iProp Σ :=
    ∃ h t xs m p q x, l_head r ↦ #(word (h + Nat.b2n x) q) ∗ l_tail r ↦ #(word t p) ∗
      (∃ a b, l_push r ↦ #(place a) ∗ l_pop r ↦ #(place b)) ∗
      mono_list_auth_own (ηx r) 1 xs ∗ mono_nat_auth_own (ηh r) 1 h ∗ mono_nat_auth_own (ηt r) 1 t ∗
      content r (drop h xs) m ∗
      pushes_barred r (if p then Some t else None, m) ∗ pops_barred r (if q then Some h else None, x) ∗
      ⌜(length xs = t ∧ h ≤ t ∧ t ≤ h + n)%nat ∧ bars_true h t m p q x⌝ ∗
      [∗ list] i ↦ γ ∈ ηs r, slot r xs h t i γ.

  Definition shape r : Prop :=
    (0 < n)%nat ∧ (lap `mod` 2 = 0)%Z ∧ (2 * n ≤ lap)%Z ∧ length (ηs r) = n ∧ (4 ≤ lap)%Z.
  Definition slots_value r : val := ((#n, #lap), (#(l_turns r), #(l_cells r)), (#(l_head r), #(l_tail r))).
  Definition ring_value r : val := (slots_value r, (#(l_push r), #(l_pop r))).
  Definition is_ring r : iProp Σ := ⌜shape r⌝ ∗ inv N (ring_inv r).
  Global Instance is_ring_persistent r : Persistent (is_ring r). Proof. apply _. Qed.

  (** ** The functions of positions *)
  Lemma wp_is_marked t m r : shape r → {{{ True }}} is_marked #(word t m) {{{ RET #m; True }}}.
  Proof.
    iIntros ((? & ? & ? & _) Φ) "_ HΦ". rewrite /is_marked. wp_pures. rewrite word_mark //. destruct m; by iApply "HΦ".
  Qed.
  Lemma wp_unmarked t m r : shape r → {{{ True }}} unmarked #(word t m) {{{ RET #(place t); True }}}.
  Proof.
    iIntros ((? & ? & ? & _) Φ) "_ HΦ". rewrite /unmarked. wp_pures. rewrite word_mark //.
    replace (word t m - (if m then 1 else 0))%Z with (place t) by (rewrite /ring_positions.word; lia). by iApply "HΦ".
  Qed.
  Lemma wp_lap_of r t : shape r → {{{ True }}} lap_of (slots_value r) #(place t) {{{ RET #(lap * (t `div` n)%nat); True }}}.
  Proof. iIntros ((? & ? & ? & _) Φ) "_ HΦ". rewrite /lap_of. wp_pures. rewrite place_lap //. by iApply "HΦ". Qed.
  Lemma wp_index_of r t : shape r → {{{ True }}} index_of (slots_value r) #(place t) {{{ RET #(t `mod` n)%nat; True }}}.
  Proof. iIntros ((? & ? & ? & _) Φ) "_ HΦ". rewrite /index_of. wp_pures. rewrite place_index //. by iApply "HΦ". Qed.
  Lemma wp_next_of r t : shape r → {{{ True }}} next_of (slots_value r) #(place t) {{{ RET #(place (S t)); True }}}.
  Proof.
    iIntros ((? & ? & ? & _) Φ) "_ HΦ". rewrite /next_of. wp_pures. rewrite -(place_next n lap _ _ t) //.
    destruct (decide (place t `rem` lap = 2 * (n - 1))%Z) as [E|E].
    - rewrite !bool_decide_true; [|congruence..]. wp_pures. by iApply "HΦ".
    - rewrite !bool_decide_false; [|congruence..]. wp_pures. by iApply "HΦ".
  Qed.

  (** ** How a claim changes the other slots *)
  Lemma slot_push_other r xs h t j γ v : slot r xs h t j γ -∗ slot r (xs ++ [v]) h (S t) j γ.
  Proof.
    iDestruct 1 as (k' odd) "(Hm & Hq & H)". iExists k', odd. iFrame "Hm Hq".
    destruct odd; iDestruct "H" as "[% H]"; (iSplit; first (iPureIntro; lia)).
    - iDestruct "H" as "[%|[Hq H]]"; [by iLeft | iRight; iFrame "Hq"].
      iDestruct "H" as (w) "[% ?]". iExists w. iFrame. iPureIntro. by apply lookup_app_l_Some.
    - iDestruct "H" as "[%|H]"; [iLeft; iPureIntro; lia | by iRight].
  Qed.
  Lemma slot_pop_other r xs t k i j γ :
    (i < n)%nat → (j < n)%nat → j ≠ i → slot r xs (n*k+i) t j γ -∗ slot r xs (S (n*k+i)) t j γ.
  Proof.
    intros Hi Hj Hne. iDestruct 1 as (k' odd) "(Hm & Hq & H)". iExists k', odd. iFrame "Hm Hq".
    destruct odd; iDestruct "H" as "[% H]".
    - assert (n*k+i ≠ n*k'+j+n)%nat by (intros ?%slot_eq'; lia). iSplit; first (iPureIntro; lia).
      iDestruct "H" as "[%|H]"; [iLeft; iPureIntro; lia | by iRight].
    - assert (n*k+i ≠ n*k'+j)%nat by (intros ?%slot_eq; lia). iSplit; first (iPureIntro; lia). done.
  Qed.

  (** ** Construction *)
  Lemma alloc_turns k : ⊢ |==> ∃ l, ⌜length l = k⌝ ∗ [∗ list] γ ∈ l, mono_nat_auth_own γ 1 0.
  Proof.
    iInduction k as [|k] "IH"; first (iExists []; by iModIntro; iSplit).
    iMod "IH" as (l <-) "Hl". iMod (mono_nat_own_alloc 0) as (γ) "[H _]". iExists (γ :: l). iModIntro. by iFrame.
  Qed.
  Lemma new_ring_spec :
    (0 < n)%nat → (lap `mod` 2 = 0)%Z → (2 * n ≤ lap)%Z → (4 ≤ lap)%Z →
    {{{ True }}} new_ring #n #lap
    {{{ r, RET (ring_value r); is_ring r ∗ content r [] false ∗ pushes_barred r (None, false) ∗ pops_barred r (None, false) }}}.
  Proof.
    iIntros (Hn He Hl H4 Φ) "_ HΦ". rewrite /new_ring /mpmc_ring.new_ring. wp_pures.
    wp_alloc ts as "Hts"; first lia. wp_pures. wp_alloc cs as "Hcs"; first lia. wp_pures.
    wp_alloc lh as "Hh". wp_alloc lt as "Ht". wp_pures. wp_alloc lp as "Hp". wp_pures. wp_alloc lq as "Hq". wp_pures.
    rewrite Nat2Z.id.
    iMod (alloc_turns n) as (l) "[%Hlen Hs]".
    iMod (mono_list_own_alloc ([] : list val)) as (gi) "[Hxs _]".
    iMod (mono_nat_own_alloc 0) as (gh) "[Hgh _]". iMod (mono_nat_own_alloc 0) as (gt) "[Hgt _]".
    iMod (ghost_var_alloc ([] : list val, false)) as (gc) "[Hc Hc']".
    iMod (ghost_var_alloc (@None nat, false)) as (gp) "[Hgp Hgp']".
    iMod (ghost_var_alloc (@None nat, false)) as (gq) "[Hgq Hgq']".
    set (r := Buffer ts cs lh lt lp lq gc gi gh gt gp gq l).
    assert (place 0 = 0)%Z as Hz by (rewrite /ring_positions.place Nat.div_0_l ?Nat.mod_0_l; lia).
    iMod (inv_alloc N _ (ring_inv r) with "[Hts Hcs Hh Ht Hs Hxs Hgh Hgt Hc Hp Hq Hgp Hgq]") as "#I".
    { iNext. iExists 0%nat, 0%nat, [], false, false, false, false.
      rewrite /pushes_barred /pops_barred /ring_positions.word Hz /=. iFrame. iSplitL "Hp Hq".
      { iExists 0%nat, 0%nat. rewrite Hz. iFrame. }
      iSplit; first (iPureIntro; rewrite /bars_true; naive_solver lia).
      rewrite -{1 2}Hlen. iDestruct (array_idx with "Hts") as "Hts". iDestruct (array_idx with "Hcs") as "Hcs".
      iCombine "Hts Hcs Hs" as "H". rewrite -!big_sepL_sep.
      iApply (big_sepL_impl with "H"). iIntros "!>" (i γi Hi) "([Hs Hs'] & Hb & Hm)".
      apply lookup_lt_Some in Hi. iExists 0%nat, false. rewrite Z.mul_0_r. iFrame.
      iSplit; first (iPureIntro; lia). iRight. iFrame. by iExists _. }
    iApply ("HΦ" $! r). iModIntro. iFrame "Hc' Hgp' Hgq'". by iFrame "I".
  Qed.

  (** ** Slots *)
  Lemma turn_read r t : shape r →
    {{{ inv N (ring_inv r) }}} turn_at (ring_value r) #(place t)
    {{{ k k' i γ odd, RET #(lap * k' + Nat.b2n odd - lap * k); ⌜(i < n ∧ t = n*k+i)%nat ∧ ηs r !! i = Some γ⌝ ∗
        mono_nat_lb_own γ (2 * k' + Nat.b2n odd) }}}.
  Proof.
    iIntros (Hs Φ) "#I HΦ". pose proof Hs as (Hn & He & Hl & Hlen & H4).
    destruct (ticket_split n t) as (k & i & Hi & Ht); [done|].
    destruct (lookup_lt_is_Some_2 (ηs r) i) as [γ Hγ]; first lia.
    wp_lam. wp_pures. wp_apply wp_lap_of; [done..|]. iIntros "_". wp_pures.
    wp_apply wp_index_of; [done..|]. iIntros "_". wp_pures.
    assert (t `div` n = k)%nat as -> by (rewrite Ht ticket_div //).
    assert (t `mod` n = i)%nat as -> by (rewrite Ht ticket_mod //). wp_bind (! _)%E.
    iInv N as (h t' xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & Hq & %P & Hs)".
    iDestruct (big_sepL_lookup_acc with "Hs") as "[Hi Hs]"; first done.
    iDestruct "Hi" as (k' odd) "(Hm & Htn & Hr)". wp_load.
    iDestruct (mono_nat_lb_own_get with "Hm") as "#Hlb". iModIntro. iSplitR "HΦ".
    - iNext. iExists h, t', xs, m, p, q, x. iFrame. iSplit; first done. iApply "Hs". iExists k', odd. iFrame.
    - wp_pures. iApply "HΦ". by iFrame "Hlb".
  Qed.

  (** the holder of a ticket passes the slot on: from k, filled or not, to k', filled or not *)
  Lemma publish r i γ k (pop : bool) (w : val) :
    shape r → ηs r !! i = Some γ →
    {{{ inv N (ring_inv r) ∗ (l_turns r +ₗ i) ↦{#1/2} #(lap * k + Nat.b2n pop) ∗ (l_cells r +ₗ i) ↦ w ∗
        (if pop then True else mono_list_idx_own (ηx r) (n*k+i) w) }}}
      #(l_turns r +ₗ i) <- #(if pop then lap * k + lap else lap * k + 1)%Z
    {{{ RET #(); True }}}.
  Proof.
    iIntros (Hs Hi Φ) "(#I & Htn & Hb & Hidx) HΦ". destruct Hs as (Hn & He & Hl & Hlen & H4).
    assert (i < n)%nat by (rewrite -Hlen; by eapply lookup_lt_Some).
    iInv N as (h t xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & Hq & %P & Hs)".
    iDestruct (big_sepL_lookup_acc with "Hs") as "[Hi Hs]"; first done.
    iDestruct "Hi" as (k' odd) "(Hm & Htn' & Hr)".
    iDestruct (mapsto_agree with "Htn Htn'") as %[= E].
    assert (odd = pop ∧ k' = k) as [-> ->].
    { assert (k = k') as -> by (destruct pop, odd; simpl in E; nia). by destruct pop, odd; try (simpl in E; lia). }
    iCombine "Htn Htn'" as "Htn".
    iAssert ⌜if pop then (n*k+i < h ∧ n*k+i < t ∧ h ≤ n*k+i+n)%nat
       else (n*k+i < t ∧ h ≤ n*k+i ∧ n*k+i < h+n)%nat⌝%I with "[Hr Htn]" as %Hp.
    { destruct pop; iDestruct "Hr" as "[% [%|[Htn' _]]]";
        try (iDestruct (mapsto_valid_2 with "Htn Htn'") as %[[]%exclusive_l _]; apply _); iPureIntro; lia. }
    iClear "Hr". wp_store.
    iMod (mono_nat_own_update (2 * k + Nat.b2n pop + 1) with "Hm") as "[Hm #Hlb]"; first lia.
    iDestruct "Htn" as "[Htn Htn']".
    iAssert (⌜pop = false → xs !! (n*k+i)%nat = Some w⌝)%I as %Hw.
    { destruct pop; first done. iIntros (_). by iDestruct (mono_list_auth_idx_lookup with "Hx Hidx") as %?. }
    iModIntro. iSplitR "HΦ"; last by iApply "HΦ".
    iNext. iExists h, t, xs, m, p, q, x. iFrame "Hh Ht Hg Hx Hgh Hgt Hc Hp Hq". iSplit; first done.
    iApply "Hs". destruct pop.
    - iExists (k+1)%nat, false.
      replace (2 * (k + 1) + Nat.b2n false)%nat with (2 * k + Nat.b2n true + 1)%nat by (simpl; lia).
      replace (lap * (k + 1)%nat + Nat.b2n false)%Z with (lap * k + lap)%Z by (simpl; lia).
      replace (lap * (k + 1)%nat + 0%nat)%Z with (lap * k + lap)%Z by lia. iFrame "Hm Htn".
      iSplit; first (iPureIntro; lia). iRight. iFrame "Htn'". by iExists _.
    - iExists k, true.
      replace (2 * k + Nat.b2n false + 1)%nat with (2 * k + Nat.b2n true)%nat by (simpl; lia). iFrame "Hm Htn".
      iSplit; first (iPureIntro; lia). iRight. iFrame "Htn'". iExists w. iFrame "Hb". iPureIntro. by apply Hw.
  Qed.

  (** ** A push's ticket, and how its element gets there *)
  Definition holds_push r t (v : val) : iProp Σ :=
    ∃ k i γ w, ⌜t = (n*k+i)%nat ∧ ηs r !! i = Some γ⌝ ∗
      (l_turns r +ₗ i) ↦{#1/2} #(lap * k + 0%nat) ∗ (l_cells r +ₗ i) ↦ w ∗ mono_list_idx_own (ηx r) t v.
  Lemma fill_spec r t v : shape r →
    {{{ inv N (ring_inv r) ∗ holds_push r t v }}} fill (ring_value r) #(place t) v {{{ RET #(); True }}}.
  Proof.
    iIntros (Hs Φ) "[#I Hh] HΦ". iDestruct "Hh" as (k i γ w [-> Hγ]) "(Htn & Hb & Hidx)".
    pose proof Hs as (Hn & He & Hl & Hlen & H4).
    assert (i < n)%nat as Hi by (rewrite -Hlen; by eapply lookup_lt_Some). wp_lam. wp_pures.
    wp_apply wp_index_of; [done..|]. iIntros "_". rewrite ticket_mod //. wp_store. wp_pures.
    wp_apply wp_lap_of; [done..|]. iIntros "_". wp_pures.
    wp_apply wp_index_of; [done..|]. iIntros "_". rewrite ticket_mod // ticket_div //. wp_pures.
    by wp_apply (publish _ _ _ k false with "[$I $Htn $Hb $Hidx]").
  Qed.
  (** and a pop's *)
  Definition holds_pop r h (v : val) : iProp Σ :=
    ∃ k i γ, ⌜h = (n*k+i)%nat ∧ ηs r !! i = Some γ⌝ ∗ (l_turns r +ₗ i) ↦{#1/2} #(lap * k + 1%nat) ∗ (l_cells r +ₗ i) ↦ v.
  Lemma drain_spec r h v : shape r →
    {{{ inv N (ring_inv r) ∗ holds_pop r h v }}} drain (ring_value r) #(place h) {{{ RET v; True }}}.
  Proof.
    iIntros (Hs Φ) "[#I Hh] HΦ". iDestruct "Hh" as (k i γ [-> Hγ]) "(Htn & Hb)".
    pose proof Hs as (Hn & He & Hl & Hlen & H4).
    assert (i < n)%nat as Hi by (rewrite -Hlen; by eapply lookup_lt_Some). wp_lam. wp_pures.
    wp_apply wp_index_of; [done..|]. iIntros "_". rewrite ticket_mod //. wp_load. wp_pures.
    wp_apply wp_lap_of; [done..|]. iIntros "_". wp_pures.
    wp_apply wp_index_of; [done..|]. iIntros "_". rewrite ticket_mod // ticket_div //. wp_pures.
    wp_apply (publish _ _ _ k true with "[$I $Htn $Hb]"); [done..|]. iIntros "_". wp_pures. by iApply "HΦ".
  Qed.

  (** ** A step of the abstract state by the holder of the lock, which closes it or not; the ring may be known to be empty *)
  Lemma content_step r (s : option nat) m m' (e : bool) Q :
    (m' = true → s ≠ None) →
    inv N (ring_inv r) -∗ pushes_barred r (s, m) -∗ (if e then ∃ t, ⌜s = Some t⌝ ∗ emptied r t else True) -∗
    (∀ vs, ⌜e = true → vs = []⌝ -∗ content r vs m ={⊤ ∖ ↑N}=∗ content r vs m' ∗ Q) ={⊤}=∗
    pushes_barred r (s, m') ∗ Q.
  Proof.
    iIntros (Hm) "#I Hp' He HQ".
    iInv N as (h t xs m0 p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & Hq & %P & Hs)".
    iDestruct (ghost_var_agree with "Hp' Hp") as %[= -> ->].
    iAssert ⌜e = true → drop h xs = []⌝%I as %He.
    { destruct e; last done. iIntros (_). iDestruct "He" as (t' E) "He". destruct p; last done. injection E as ->.
      iDestruct (mono_nat_lb_own_valid with "Hgh He") as %[_ ?]. iPureIntro. apply drop_ge. lia. }
    iMod ("HQ" with "[//] Hc") as "[Hc $]".
    iMod (ghost_var_update_halves (if p then Some t else None, m') with "Hp' Hp") as "[$ Hp]".
    iModIntro. iSplitL; last done. iNext. iExists h, t, xs, m', p, q, x. iFrame. iPureIntro.
    destruct P as (? & ? & ?). split; first done. split; first done. intros ->. by destruct p; last destruct Hm.
  Qed.
End ring.
