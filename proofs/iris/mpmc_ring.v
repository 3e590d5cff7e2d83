(* SPDX-License-Identifier: BSL-1.0 *)
(** mpmc_ring: the program that is proved, and the invariant of its proof.

    The program is sluice/mpmc_ring.hpp's try_push, try_pop and close, for one element at a time whose construction does not
    throw: one heap access per access of the source, each marked with the place of that access. Positions are those of
    ring_positions.v, unbounded. A compare-exchange may fail for no reason, as the source's weak ones may. Two things are
    written in another way: fetch_or is a compare-exchange that is tried until it succeeds, for HeapLang has no other; and
    a prophecy, which has no effect, names beforehand what the last load of "full" will read. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_var.
From iris.unstable.base_logic Require Import mono_list.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Export ring_positions.

(** ** Program *)
Notation capacity r := (Fst (Fst (Fst r))).
Notation lap_size r := (Snd (Fst (Fst r))).
Notation turns r := (Fst (Snd (Fst r))).
Notation cells r := (Snd (Snd (Fst r))).
Notation head r := (Fst (Snd r)).
Notation tail r := (Snd (Snd r)).

Definition new_ring : val := λ: "n" "lap",
  let: "turns" := AllocN "n" #0 in let: "cells" := AllocN "n" #() in
  let: "head" := ref #0 in let: "tail" := ref #0 in
  (("n", "lap"), ("turns", "cells"), ("head", "tail")).

(* ring_position *)
Definition is_marked : val := λ: "pos", "pos" `rem` #2 = #1.
Definition lap_of : val := λ: "r" "pos", "pos" - "pos" `rem` lap_size "r".
Definition index_of : val := λ: "r" "pos", ("pos" `rem` lap_size "r") `quot` #2.
Definition next_of : val := λ: "r" "pos",
  if: "pos" `rem` lap_size "r" = #2 * (capacity "r" - #1)
  then "pos" - "pos" `rem` lap_size "r" + lap_size "r" else "pos" + #2.

(* compare_exchange_weak: what it saw, and whether it succeeded *)
Definition weak_cas : val := λ: "word" "expected" "desired",
  if: nondet_bool #() then (!"word", #false) else CmpXchg "word" "expected" "desired".

Inductive status := success | empty | full | closed | busy.
Definition code (s : status) : Z :=
  match s with success => 0 | empty => 1 | full => 2 | closed => 3 | busy => 4 end.

Definition claim_push : val := rec: "claim" "r" "pos" :=
  if: is_marked "pos" && is_marked !(tail "r")                       (*@ is_closed load#1 seq_cst *)
  then InjL #(code closed) else
  let: "ahead" := !(turns "r" +ₗ index_of "r" "pos")                 (*@ push_turn load#1 acquire *)
                  - lap_of "r" "pos" in
  if: "ahead" = #0 then
    let: "seen" := weak_cas (tail "r") "pos" (next_of "r" "pos") in  (*@ claim_push compare_exchange_weak#1 seq_cst/relaxed *)
    if: Snd "seen" then InjR "pos" else "claim" "r" (Fst "seen")
  else if: "ahead" < #0 then
    let: "p" := NewProph in
    let: "now" := !(tail "r") in                                     (*@ claim_push load#2 seq_cst *)
    let: "first" := Resolve (!(head "r")) "p" #() in                 (*@ claim_push load#3 seq_cst *)
    if: "now" = "pos"
    then InjL (if: "first" = "pos" - lap_size "r" then #(code full) else #(code busy))
    else "claim" "r" "now"
  else "claim" "r" !(tail "r").                                      (*@ claim_push load#4 relaxed *)

Definition try_push : val := λ: "r" "v",
  match: claim_push "r" !(tail "r") with                             (*@ claim_push load#1 relaxed *)
    InjL "s" => "s"
  | InjR "pos" =>
      (cells "r" +ₗ index_of "r" "pos") <- "v";;                     (*@ fill storage *)
      (turns "r" +ₗ index_of "r" "pos") <- lap_of "r" "pos" + #1;;   (*@ fill store#2 release *)
      #(code success)
  end.

Definition claim_pop : val := rec: "claim" "r" "pos" :=
  let: "ahead" := !(turns "r" +ₗ index_of "r" "pos")                 (*@ pop_turn load#1 acquire *)
                  - lap_of "r" "pos" in
  if: "ahead" = #1 then
    let: "seen" := weak_cas (head "r") "pos" (next_of "r" "pos") in  (*@ claim_pop compare_exchange_weak#1 seq_cst/relaxed *)
    if: Snd "seen" then InjR "pos" else "claim" "r" (Fst "seen")
  else if: "ahead" ≤ #0 then
    let: "now" := !(head "r") in                                     (*@ claim_pop load#2 acquire *)
    let: "last" := !(tail "r") in                                    (*@ claim_pop load#3 seq_cst *)
    if: ("now" = "pos") && ("last" = "pos") then InjL #(code empty) else
    if: ("now" = "pos") && ("last" = "pos" + #1) then InjL #(code closed) else
    let: "again" := !(head "r") in                                   (*@ claim_pop load#4 relaxed *)
    if: ("now" = "pos") && ("again" = "pos") then InjL #(code busy) else "claim" "r" "again"
  else "claim" "r" !(head "r").                                      (*@ claim_pop load#5 relaxed *)

Definition try_pop : val := λ: "r",
  match: claim_pop "r" !(head "r") with                              (*@ claim_pop load#1 relaxed *)
    InjL "s" => InjL "s"
  | InjR "pos" =>
      let: "v" := !(cells "r" +ₗ index_of "r" "pos") in              (*@ element value *)
      (turns "r" +ₗ index_of "r" "pos")
        <- lap_of "r" "pos" + lap_size "r";;                         (*@ ~consumption store#1 release *)
      InjR "v"
  end.

Definition close : val := rec: "close" "r" :=
  let: "w" := !(tail "r") in
  if: is_marked "w" then #() else
  if: CAS (tail "r") "w" ("w" + #1) then #() else "close" "r".       (*@ close fetch_or#1 seq_cst *)

(*@ of primitives/sluice/mpmc_ring.hpp
    without looks_full: a hint
    without looks_empty: a hint
    without size_hint: a hint
    without skip_holes: elements whose constructor throws
    without fill store#1: elements whose constructor throws
    path push.success: claim_push load#1, push_turn load#1, claim_push compare_exchange_weak#1, fill storage, fill store#2
    path push.full: claim_push load#1, push_turn load#1, claim_push load#2, claim_push load#3
    path push.busy: claim_push load#1, push_turn load#1, claim_push load#2, claim_push load#3
    path push.closed: claim_push load#1, is_closed load#1
    path push.overtaken: claim_push load#1, push_turn load#1, claim_push compare_exchange_weak#1, push_turn load#1,
      claim_push load#2, claim_push load#3
    path push.behind: claim_push load#1, push_turn load#1, claim_push load#4, push_turn load#1,
      claim_push load#2, claim_push load#3
    path pop.success: claim_pop load#1, pop_turn load#1, claim_pop compare_exchange_weak#1, element value,
      ~consumption store#1
    path pop.empty: claim_pop load#1, pop_turn load#1, claim_pop load#2, claim_pop load#3
    path pop.closed: claim_pop load#1, pop_turn load#1, claim_pop load#2, claim_pop load#3
    path pop.closed_meanwhile: claim_pop load#1, pop_turn load#1, claim_pop load#2, claim_pop load#3
    path pop.busy: claim_pop load#1, pop_turn load#1, claim_pop load#2, claim_pop load#3, claim_pop load#4
    path pop.overtaken: claim_pop load#1, pop_turn load#1, claim_pop compare_exchange_weak#1, pop_turn load#1,
      claim_pop load#2, claim_pop load#3
    path pop.behind: claim_pop load#1, pop_turn load#1, claim_pop load#5, pop_turn load#1, claim_pop load#2, claim_pop load#3
    path close: close fetch_or#1 *)

(** ** Ghost state

    [log]: every claim and every end of an operation, in the order in which they happen. *)
Inductive event := Claimed (pop : bool) (p : nat) | Finished (pop : bool) (p : nat).
Global Instance event_eq : EqDecision event. Proof. solve_decision. Defined.

Class ringG Σ := RingG {
  ring_mono_nat :> mono_natG Σ;
  ring_items :> mono_listG val Σ;
  ring_log :> mono_listG event Σ;
  ring_content :> ghost_varG Σ (list val * bool) }.
Definition ringΣ : gFunctors := #[mono_natΣ; mono_listΣ val; mono_listΣ event; ghost_varΣ (list val * bool)].
Global Instance subG_ringΣ {Σ} : subG ringΣ Σ → ringG Σ. Proof. solve_inG. Qed.

Record names := { γc : gname; γx : gname; γh : gname; γt : gname; γm : gname; γe : gname; γs : list gname }.

Section ring.
  Context `{!heapGS Σ, !ringG Σ} (N : namespace) (n : nat) (lap : Z).
  Implicit Types (h t i k p : nat) (xs vs : list val) (m odd : bool).

  (** the abstract state: a FIFO, and whether it is closed *)
  Definition content (γ : names) vs m : iProp Σ := ghost_var γ.(γc) (1/2) (vs, m).
  Global Instance content_timeless γ vs m : Timeless (content γ vs m). Proof. apply _. Qed.
  (** the log was at least this long once *)
  Definition logged (γ : names) (e : list event) : iProp Σ := mono_list_lb_own γ.(γe) e.
  Global Instance logged_persistent γ e : Persistent (logged γ e). Proof. apply _. Qed.
  (** at some moment after [e0], ticket p was claimed and not finished *)
  Definition was_in_flight (γ : names) (e0 : list event) (pop : bool) p : iProp Σ :=
    ∃ e, ⌜e0 `prefix_of` e ∧ Claimed pop p ∈ e ∧ Finished pop p ∉ e⌝ ∗ logged γ e.

  Global Instance was_in_flight_persistent γ e0 pop p : Persistent (was_in_flight γ e0 pop p).
  Proof. apply _. Qed.

  (** Slot [i] in lap [k]: writable by push ticket n*k+i, or, [odd], readable by pop ticket n*k+i. The ticket's holder has
      taken it out of the invariant, or it is here. *)
  Definition slot (ts cs : loc) xs h t i (γ : gname) : iProp Σ :=
    ∃ k odd, mono_nat_auth_own γ 1 (2 * k + Nat.b2n odd) ∗ (ts +ₗ i) ↦{#1/2} #(lap * k + Nat.b2n odd) ∗
      if odd then
        ⌜(n*k+i < t ∧ t ≤ n*k+i+n ∧ n*k+i < h+n ∧ h ≤ n*k+i+n)%nat⌝ ∗
        (⌜(n*k+i < h)%nat⌝ ∨ (ts +ₗ i) ↦{#1/2} #(lap * k + 1%nat) ∗ ∃ w, ⌜xs !! (n*k+i)%nat = Some w⌝ ∗ (cs +ₗ i) ↦ w)
      else
        ⌜(h ≤ n*k+i ∧ n*k+i < h+n ∧ t ≤ n*k+i+n)%nat⌝ ∗
        (⌜(n*k+i < t)%nat⌝ ∨ (ts +ₗ i) ↦{#1/2} #(lap * k + 0%nat) ∗ ∃ w, (cs +ₗ i) ↦ w).
  Global Instance slot_timeless ts cs xs h t i γ : Timeless (slot ts cs xs h t i γ).
  Proof. apply bi.exist_timeless => k. apply bi.exist_timeless => odd. destruct odd; apply _. Qed.

  (** what the log says is so *)
  Definition turn_passed (γ : names) (pop : bool) p : iProp Σ :=
    ∃ γi, ⌜γ.(γs) !! (p `mod` n)%nat = Some γi⌝ ∗ mono_nat_lb_own γi (2 * (p `div` n) + Nat.b2n pop + 1).
  Definition log_true (γ : names) h t (es : list event) : iProp Σ :=
    ⌜∀ pop p, Claimed pop p ∈ es ↔ (p < if pop then h else t)%nat⌝ ∗
    ⌜∀ e1 pop p e2, es = e1 ++ Finished pop p :: e2 → Claimed pop p ∈ e1⌝ ∗
    □ ∀ pop p, ⌜Finished pop p ∈ es⌝ -∗ turn_passed γ pop p.

  Definition ring_inv (ts cs lh lt : loc) (γ : names) : iProp Σ :=
    ∃ h t xs m es, lh ↦ #(place n lap h) ∗ lt ↦ #(word n lap t m) ∗
      mono_list_auth_own γ.(γx) 1 xs ∗ mono_nat_auth_own γ.(γh) 1 h ∗ mono_nat_auth_own γ.(γt) 1 t ∗
      mono_nat_auth_own γ.(γm) 1 (Nat.b2n m) ∗ ghost_var γ.(γc) (1/2) (drop h xs, m) ∗
      mono_list_auth_own γ.(γe) 1 es ∗ log_true γ h t es ∗
      ⌜(length xs = t ∧ h ≤ t ∧ t ≤ h + n)%nat⌝ ∗
      [∗ list] i ↦ γi ∈ γ.(γs), slot ts cs xs h t i γi.

  Definition shape (γ : names) : Prop :=
    (0 < n)%nat ∧ (lap `mod` 2 = 0)%Z ∧ (2 * n ≤ lap)%Z ∧ length γ.(γs) = n ∧ (4 ≤ lap)%Z.
  Definition value_of (ts cs lh lt : loc) : val := ((#n, #lap), (#ts, #cs), (#lh, #lt)).
  Definition is_ring (r : val) (γ : names) : iProp Σ :=
    ∃ ts cs lh lt : loc, ⌜r = value_of ts cs lh lt ∧ shape γ⌝ ∗ inv N (ring_inv ts cs lh lt γ).
  Global Instance is_ring_persistent r γ : Persistent (is_ring r γ). Proof. apply _. Qed.

  (** ** The functions of positions *)
  Lemma wp_is_marked t m γ :
    shape γ → {{{ True }}} is_marked #(word n lap t m) {{{ RET #m; True }}}.
  Proof.
    iIntros ((? & ? & ? & _) Φ) "_ HΦ". rewrite /is_marked. wp_pures. rewrite word_mark //.
    destruct m; by iApply "HΦ".
  Qed.
  Lemma wp_lap_of ts cs lh lt t γ :
    shape γ → {{{ True }}} lap_of (value_of ts cs lh lt) #(place n lap t) {{{ RET #(lap * (t `div` n)%nat); True }}}.
  Proof. iIntros ((? & ? & ? & _) Φ) "_ HΦ". rewrite /lap_of. wp_pures. rewrite place_lap //. by iApply "HΦ". Qed.
  Lemma wp_index_of ts cs lh lt t γ :
    shape γ → {{{ True }}} index_of (value_of ts cs lh lt) #(place n lap t) {{{ RET #(t `mod` n)%nat; True }}}.
  Proof. iIntros ((? & ? & ? & _) Φ) "_ HΦ". rewrite /index_of. wp_pures. rewrite place_index //. by iApply "HΦ". Qed.
  Lemma wp_next_of ts cs lh lt t γ :
    shape γ → {{{ True }}} next_of (value_of ts cs lh lt) #(place n lap t) {{{ RET #(place n lap (S t)); True }}}.
  Proof.
    iIntros ((? & ? & ? & _) Φ) "_ HΦ". rewrite /next_of. wp_pures. rewrite -(place_next n lap _ _ t) //.
    destruct (decide (place n lap t `rem` lap = 2 * (n - 1))%Z) as [E|E].
    - rewrite !bool_decide_true; [|congruence..]. wp_pures. by iApply "HΦ".
    - rewrite !bool_decide_false; [|congruence..]. wp_pures. by iApply "HΦ".
  Qed.

  (** ** How a claim changes the other slots *)
  Lemma slot_push_other ts cs xs h k i j γ v :
    (i < n)%nat → (j < n)%nat → j ≠ i →
    slot ts cs xs h (n*k+i) j γ -∗ slot ts cs (xs ++ [v]) h (S (n*k+i)) j γ.
  Proof.
    intros Hi Hj Hne. iDestruct 1 as (k' odd) "(Hm & Hq & H)". iExists k', odd. iFrame "Hm Hq".
    assert (n*k+i ≠ n*k'+j+n)%nat by (intros ?%slot_eq'; lia).
    destruct odd; iDestruct "H" as "[% H]"; (iSplit; first (iPureIntro; lia)).
    - iDestruct "H" as "[%|[Hq H]]"; [iLeft; iPureIntro; lia | iRight; iFrame "Hq"].
      iDestruct "H" as (w) "[% ?]". iExists w. iFrame. iPureIntro. by apply lookup_app_l_Some.
    - iDestruct "H" as "[%|H]"; [iLeft; iPureIntro; lia | by iRight].
  Qed.
  Lemma slot_pop_other ts cs xs t k i j γ :
    (i < n)%nat → (j < n)%nat → j ≠ i →
    slot ts cs xs (n*k+i) t j γ -∗ slot ts cs xs (S (n*k+i)) t j γ.
  Proof.
    intros Hi Hj Hne. iDestruct 1 as (k' odd) "(Hm & Hq & H)". iExists k', odd. iFrame "Hm Hq".
    destruct odd; iDestruct "H" as "[% H]".
    - assert (n*k+i ≠ n*k'+j+n)%nat by (intros ?%slot_eq'; lia). iSplit; first (iPureIntro; lia).
      iDestruct "H" as "[%|H]"; [iLeft; iPureIntro; lia | by iRight].
    - assert (n*k+i ≠ n*k'+j)%nat by (intros ?%slot_eq; lia). iSplit; first (iPureIntro; lia). done.
  Qed.

  (** ** How the log grows *)
  Lemma log_true_claim γ h t es (pop : bool) :
    log_true γ h t es -∗
    log_true γ (if pop then S h else h) (if pop then t else S t) (es ++ [Claimed pop (if pop then h else t)]).
  Proof.
    iIntros "(%H1 & %H2 & #H3)". iSplit; [iPureIntro|iSplit; [iPureIntro|iModIntro]].
    - intros pop' p. rewrite elem_of_app elem_of_list_singleton H1. split.
      + intros [?|[= -> ->]]; destruct pop; try destruct pop'; lia.
      + intros. destruct pop, pop'; try (left; lia).
        * destruct (decide (p < h)%nat); [by left|right; f_equal; lia].
        * destruct (decide (p < t)%nat); [by left|right; f_equal; lia].
    - intros e1 pop' p e2 E. destruct e2 as [|x e2 _] using rev_ind.
      { apply app_inj_tail in E as [_ [=]]. }
      rewrite app_comm_cons app_assoc in E. apply app_inj_tail in E as [E _]. by eapply H2.
    - iIntros (pop' p [?|[=]%elem_of_list_singleton]%elem_of_app). by iApply "H3".
  Qed.
  Lemma log_true_finish γ h t es (pop : bool) p :
    (p < if pop then h else t)%nat →
    turn_passed γ pop p -∗ log_true γ h t es -∗ log_true γ h t (es ++ [Finished pop p]).
  Proof.
    iIntros (Hp) "#Hpast (%H1 & %H2 & #H3)". iSplit; [iPureIntro|iSplit; [iPureIntro|iModIntro]].
    - intros pop' p'. rewrite elem_of_app elem_of_list_singleton H1. naive_solver.
    - intros e1 pop' p' e2 E. destruct e2 as [|x e2 _] using rev_ind.
      { apply app_inj_tail in E as [<- [= <- <-]]. by apply H1. }
      rewrite app_comm_cons app_assoc in E. apply app_inj_tail in E as [E _]. by eapply H2.
    - iIntros (pop' p' [?|[= -> ->]%elem_of_list_singleton]%elem_of_app); [by iApply "H3"|done].
  Qed.

  (** Whoever finds that a claim was made since [e1], which knew nothing of it, may name the moment right after it. *)
  Lemma claimed_since γ h t es e0 e1 (pop : bool) p :
    e0 `prefix_of` e1 → e1 `prefix_of` es → Claimed pop p ∉ e1 → (p < if pop then h else t)%nat →
    log_true γ h t es -∗ logged γ es -∗ was_in_flight γ e0 pop p.
  Proof.
    iIntros (H0 [e2 ->] Hno Hp) "(%H1 & %H2 & _) #Hl".
    assert (Claimed pop p ∈ e2) as Hin.
    { pose proof (proj2 (H1 pop p) Hp) as [?|?]%elem_of_app; done. }
    apply elem_of_list_split_l in Hin as (a & b & -> & Ha).
    iExists (e1 ++ a ++ [Claimed pop p]). iSplit.
    - iPureIntro. split; [|split].
      + etrans; [done|]. by apply prefix_app_r.
      + rewrite !elem_of_app elem_of_list_singleton. tauto.
      + intros Hf. rewrite app_assoc elem_of_app elem_of_list_singleton in Hf. destruct Hf as [Hf|[=]].
        apply elem_of_list_split in Hf as (f1 & f2 & Hf).
        assert (Claimed pop p ∈ f1) as Hc.
        { apply (H2 f1 pop p (f2 ++ Claimed pop p :: b)). rewrite app_assoc Hf -app_assoc //. }
        assert (Claimed pop p ∈ e1 ++ a) as Hc' by (rewrite Hf elem_of_app; tauto).
        rewrite elem_of_app in Hc'. tauto.
    - iApply (mono_list_lb_own_le with "Hl"). do 2 apply prefix_app. by exists b.
  Qed.

  (** ** Construction *)
  Lemma alloc_turns k : ⊢ |==> ∃ l, ⌜length l = k⌝ ∗ [∗ list] γ ∈ l, mono_nat_auth_own γ 1 0.
  Proof.
    iInduction k as [|k] "IH"; first (iExists []; by iModIntro; iSplit).
    iMod "IH" as (l <-) "Hl". iMod (mono_nat_own_alloc 0) as (γ) "[H _]".
    iExists (γ :: l). iModIntro. by iFrame.
  Qed.
  Lemma array_idx {A} (l : list A) (lc : loc) (v : val) :
    lc ↦∗ replicate (length l) v -∗ [∗ list] i ↦ _ ∈ l, (lc +ₗ Z.of_nat i) ↦ v.
  Proof.
    iInduction l as [|x l] "IH" forall (lc); simpl; first by iIntros.
    rewrite array_cons. iIntros "[H Hl]". rewrite loc_add_0. iFrame "H".
    iDestruct ("IH" with "Hl") as "Hl". iApply (big_sepL_impl with "Hl").
    iIntros "!>" (i y _) "H". rewrite loc_add_assoc.
    by replace (Z.of_nat (S i)) with (1 + Z.of_nat i)%Z by lia.
  Qed.

  Theorem new_ring_spec :
    (0 < n)%nat → (lap `mod` 2 = 0)%Z → (2 * n ≤ lap)%Z → (4 ≤ lap)%Z →
    {{{ True }}} new_ring #n #lap {{{ r γ, RET r; is_ring r γ ∗ content γ [] false ∗ logged γ [] }}}.
  Proof.
    iIntros (Hn He Hl H4 Φ) "_ HΦ". rewrite /new_ring. wp_pures.
    wp_alloc ts as "Hts"; first lia. wp_pures.
    wp_alloc cs as "Hcs"; first lia. wp_pures.
    wp_alloc lh as "Hh". wp_alloc lt as "Ht". wp_pures. rewrite Nat2Z.id.
    iMod (alloc_turns n) as (l) "[%Hlen Hs]".
    iMod (mono_list_own_alloc ([] : list val)) as (gi) "[Hxs _]".
    iMod (mono_list_own_alloc ([] : list event)) as (ge) "[Hes #Hlog]".
    iMod (mono_nat_own_alloc 0) as (gh) "[Hgh _]".
    iMod (mono_nat_own_alloc 0) as (gt) "[Hgt _]".
    iMod (mono_nat_own_alloc 0) as (gm) "[Hgm _]".
    iMod (ghost_var_alloc ([] : list val, false)) as (gc) "[Hc Hc']".
    set (γ := {| γc := gc; γx := gi; γh := gh; γt := gt; γm := gm; γe := ge; γs := l |}).
    assert (place n lap 0 = 0)%Z as Hz by (rewrite /place Nat.div_0_l ?Nat.mod_0_l; lia).
    iMod (inv_alloc N _ (ring_inv ts cs lh lt γ) with "[Hts Hcs Hh Ht Hs Hxs Hes Hgh Hgt Hgm Hc]") as "#I".
    { iNext. iExists 0%nat, 0%nat, [], false, []. rewrite /word Hz. iFrame. iSplit.
      { iSplit; [iPureIntro|iSplit; [iPureIntro|iModIntro]].
        - intros [] p; split; [by intros ?%elem_of_nil|lia|by intros ?%elem_of_nil|lia].
        - intros [] ???; done.
        - iIntros (???%elem_of_nil). done. }
      iSplit; first (iPureIntro; simpl; lia).
      rewrite -{1 2}Hlen. iDestruct (array_idx with "Hts") as "Hts".
      iDestruct (array_idx with "Hcs") as "Hcs".
      iCombine "Hts Hcs Hs" as "H". rewrite -!big_sepL_sep.
      iApply (big_sepL_impl with "H"). iIntros "!>" (i γi Hi) "([Hs Hs'] & Hb & Hm)".
      apply lookup_lt_Some in Hi. iExists 0%nat, false. rewrite Z.mul_0_r. iFrame.
      iSplit; first (iPureIntro; lia). iRight. iFrame. by iExists _. }
    iApply ("HΦ" $! _ γ). iModIntro. iFrame "Hc' Hlog". iExists ts, cs, lh, lt. iFrame "I". iPureIntro.
    split; [done|]. repeat split; try done.
  Qed.

  (** ** Reading a turn *)
  Lemma turn_read ts cs lh lt γ i γi :
    γ.(γs) !! i = Some γi →
    {{{ inv N (ring_inv ts cs lh lt γ) }}} !#(ts +ₗ i)
    {{{ k odd, RET #(lap * k + Nat.b2n odd); mono_nat_lb_own γi (2 * k + Nat.b2n odd) }}}.
  Proof.
    iIntros (Hi Φ) "#I HΦ".
    iInv N as (h t xs m es) "(>Hh & >Ht & >Hxs & >Hgh & >Hgt & >Hgm & >Hc & >Hes & Hlog & >% & >Hs)".
    iDestruct (big_sepL_lookup_acc with "Hs") as "[Hi Hs]"; first done.
    iDestruct "Hi" as (k odd) "(Hm & Hq & Hr)". wp_load.
    iDestruct (mono_nat_lb_own_get with "Hm") as "#Hlb". iModIntro. iSplitR "HΦ".
    - iNext. iExists h, t, xs, m, es. iFrame. iSplit; first done. iApply "Hs".
      iExists k, odd. iFrame.
    - by iApply "HΦ".
  Qed.

  (** ** Publishing: the holder of a ticket passes the slot on *)
  Lemma publish ts cs lh lt γ i γi k (pop : bool) (w : val) :
    shape γ → γ.(γs) !! i = Some γi →
    {{{ inv N (ring_inv ts cs lh lt γ) ∗ (ts +ₗ i) ↦{#1/2} #(lap * k + Nat.b2n pop) ∗ (cs +ₗ i) ↦ w ∗
        (if pop then True else mono_list_idx_own γ.(γx) (n*k+i) w) }}}
      #(ts +ₗ i) <- #(if pop then lap * k + lap else lap * k + 1)%Z
    {{{ RET #(); True }}}.
  Proof.
    iIntros (Hs Hi Φ) "(#I & Hq & Hb & Hx) HΦ". destruct Hs as (Hn & He & Hl & Hlen & H4).
    assert (i < n)%nat by (rewrite -Hlen; by eapply lookup_lt_Some).
    iInv N as (h t xs m es) "(>Hh & >Ht & >Hxs & >Hgh & >Hgt & >Hgm & >Hc & >Hes & #Hlog & >% & >Hs)".
    iDestruct (big_sepL_lookup_acc with "Hs") as "[Hi Hs]"; first done.
    iDestruct "Hi" as (k' odd) "(Hm & Hq' & Hr)".
    iDestruct (mapsto_agree with "Hq Hq'") as %[= E].
    assert (odd = pop ∧ k' = k) as [-> ->].
    { assert (k = k') as -> by (destruct pop, odd; simpl in E; nia). by destruct pop, odd; try (simpl in E; lia). }
    iCombine "Hq Hq'" as "Hq".
    iAssert ⌜if pop then (n*k+i < h ∧ n*k+i < t ∧ t ≤ n*k+i+n ∧ h ≤ n*k+i+n)%nat
       else (n*k+i < t ∧ h ≤ n*k+i ∧ n*k+i < h+n ∧ t ≤ n*k+i+n)%nat⌝%I with "[Hr Hq]" as %Hp.
    { destruct pop; iDestruct "Hr" as "[% [%|[Hq' _]]]";
        try (iDestruct (mapsto_valid_2 with "Hq Hq'") as %[[]%exclusive_l _]; apply _); iPureIntro; lia. }
    iClear "Hr". wp_store.
    iMod (mono_nat_own_update (2 * k + Nat.b2n pop + 1) with "Hm") as "[Hm #Hlb]"; first lia.
    iMod (mono_list_auth_own_update_app [Finished pop (n*k+i)] with "Hes") as "[Hes _]".
    iDestruct "Hq" as "[Hq Hq']".
    iAssert (⌜pop = false → xs !! (n*k+i)%nat = Some w⌝)%I as %Hw.
    { destruct pop; first done. iIntros (_).
      by iDestruct (mono_list_auth_idx_lookup with "Hxs Hx") as %?. }
    iModIntro. iSplitR "HΦ"; last by iApply "HΦ".
    iNext. iExists h, t, xs, m, _. iFrame "Hh Ht Hxs Hgh Hgt Hgm Hc Hes". iSplit.
    { iApply (log_true_finish with "[] Hlog"); first (destruct pop; lia).
      iExists γi. rewrite ticket_mod // ticket_div //. by iFrame "Hlb". }
    iSplit; first done. iApply "Hs". destruct pop.
    - iExists (k+1)%nat, false.
      replace (2 * (k + 1) + Nat.b2n false)%nat with (2 * k + Nat.b2n true + 1)%nat by (simpl; lia).
      replace (lap * (k + 1)%nat + Nat.b2n false)%Z with (lap * k + lap)%Z by (simpl; lia).
      replace (lap * (k + 1)%nat + 0%nat)%Z with (lap * k + lap)%Z by lia. iFrame "Hm Hq".
      iSplit; first (iPureIntro; lia). iRight. iFrame "Hq'". by iExists _.
    - iExists k, true.
      replace (2 * k + Nat.b2n false + 1)%nat with (2 * k + Nat.b2n true)%nat by (simpl; lia). iFrame "Hm Hq".
      iSplit; first (iPureIntro; lia). iRight. iFrame "Hq'". iExists w. iFrame "Hb". iPureIntro. by apply Hw.
  Qed.
End ring.
