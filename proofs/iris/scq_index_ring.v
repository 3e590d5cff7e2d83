(* SPDX-License-Identifier: BSL-1.0 *)
(** scq_index_ring: what is put in stays in one entry until its own dequeuer, which has not gone by, takes it: no index is lost
    or duplicated.

    A transition system of the operations of sluice/detail/scq_index_ring.hpp, one a step; no Iris. Tickets and positions are
    unbounded, and count in steps of one; a cycle is the ticket that it belongs to. n indices, 2n entries, k threads that
    dequeue; each index that is not inside is in somebody's hand, who may enqueue it. *)
From iris.prelude Require Import prelude.
From Coq Require Import ZArith Lia.

Record entry := Entry { at_ : nat; safe : bool; index : option nat }.
Global Instance entry_eq_dec : EqDecision entry. Proof. solve_decision. Defined.
(** where an index is; an enqueuer is the one who holds it, at a ticket, with the entry that it has seen *)
Inductive place := Out | Holds (t : nat) | Saw (t : nat) (e : entry) | Ready (t : nat) (e : entry) | Inside (t : nat).
(** what an enqueuer still owes the threshold, by its ticket, after its index went in *)
Inductive debt := None_yet | Unread | Stale | Over.
(** what a dequeuer is about to do *)
Inductive doing :=
  | Idle | Going                                       (* no ticket *)
  | Has (t : nat) | Passing (t : nat) (e : entry) | Taking (t i : nat)   (* not gone by *)
  | Missed (t : nat) | Counting (t : nat) | Catching (t tl hd : nat) | Again (t hd : nat) | Last (t : nat).

Record state := State {
  entries : nat → entry; tail : nat; head : nat; threshold : Z;
  whereis : nat → place; owes : nat → debt; does : nat → doing }.

Definition upd {A} (f : nat → A) (k : nat) (v : A) : nat → A := λ x, if decide (x = k) then v else f x.

Section scq.
  Context (n k : nat) (Hn : n ≠ 0).
  Notation m := (2 * n).
  Notation full := (Z.of_nat (2 * n + k) - 1)%Z.

  Definition initial : state :=
    State (λ p, Entry p true None) m m (-1) (λ _, Out) (λ _, None_yet) (λ _, Idle).
  Notation "s .[ t ]" := (entries s (t mod m)) (at level 2, left associativity, format "s .[ t ]").

  Definition set_entry s t e := State (upd (entries s) (t mod m) e) (tail s) (head s) (threshold s) (whereis s) (owes s) (does s).
  Definition set_tail s v := State (entries s) v (head s) (threshold s) (whereis s) (owes s) (does s).
  Definition set_head s v := State (entries s) (tail s) v (threshold s) (whereis s) (owes s) (does s).
  Definition set_threshold s v := State (entries s) (tail s) (head s) v (whereis s) (owes s) (does s).
  Definition set_place s i v := State (entries s) (tail s) (head s) (threshold s) (upd (whereis s) i v) (owes s) (does s).
  Definition set_debt s t v := State (entries s) (tail s) (head s) (threshold s) (whereis s) (upd (owes s) t v) (does s).
  Definition set_does s d v := State (entries s) (tail s) (head s) (threshold s) (whereis s) (owes s) (upd (does s) d v).

  Definition passed (e : entry) (t : nat) : entry :=
    if index e is Some _ then Entry (at_ e) false (index e) else Entry t (safe e) None.

  Inductive step (s : state) : state → Prop :=
  (* enqueue *)
  | enqueue_ticket i : i < n → whereis s i = Out →
      step s (set_place (set_tail s (S (tail s))) i (Holds (tail s)))          (*@ enqueue fetch_add#1 relaxed *)
  | enqueue_looks i t : whereis s i = Holds t →
      step s (set_place s i (if decide (at_ s.[t] < t ∧ index s.[t] = None)    (*@ enqueue load#1 acquire *)
                             then if safe s.[t] then Ready t s.[t] else Saw t s.[t] else Out))
  | enqueue_judges i t e : whereis s i = Saw t e →
      step s (set_place s i (if decide (head s ≤ t) then Ready t e else Out))  (*@ can_take load#1 relaxed *)
  | enqueue_puts i t e : whereis s i = Ready t e → s.[t] = e →    (*@ enqueue compare_exchange_weak#1 release/relaxed *)
      step s (set_debt (set_place (set_entry s t (Entry t true (Some i))) i (Inside t)) t Unread)
  | enqueue_retries i t e : whereis s i = Ready t e → step s (set_place s i (Holds t))
  | enqueue_reads t : owes s t = Unread →
      step s (set_debt s t (if decide (threshold s = full) then Over else Stale))   (*@ enqueue load#2 relaxed *)
  | enqueue_fills t : owes s t = Stale →
      step s (set_debt (set_threshold s full) t Over)                          (*@ enqueue store#1 relaxed *)
  (* dequeue *)
  | dequeue_begins d : d < k → does s d = Idle → (0 ≤ threshold s)%Z →
      step s (set_does s d Going)                                              (*@ dequeue load#1 relaxed *)
  | dequeue_ticket d : does s d = Going →
      step s (set_does (set_head s (S (head s))) d (Has (head s)))             (*@ dequeue fetch_add#1 relaxed *)
  | dequeue_looks d t : does s d = Has t →
      step s (set_does s d (if decide (at_ s.[t] < t) then Passing t s.[t] else   (*@ dequeue load#2 relaxed *)
                            if decide (at_ s.[t] = t) then if index s.[t] is Some i then Taking t i else Missed t
                            else Missed t))
  | dequeue_passes d t e : does s d = Passing t e → s.[t] = e →
      step s (set_does (set_entry s t (passed e t)) d (Missed t))     (*@ pass compare_exchange_weak#1 release/relaxed *)
  | dequeue_retries d t e : does s d = Passing t e → step s (set_does s d (Has t))
  | dequeue_takes d t i : does s d = Taking t i →
      step s (set_does (set_place (set_entry s t (Entry (at_ s.[t]) (safe s.[t]) None)) i Out) d Idle)
                                                                               (*@ dequeue fetch_or#1 acq_rel *)
  | dequeue_compares d t : does s d = Missed t →
      step s (set_does s d (if decide (tail s ≤ S t) then Catching t (tail s) (S t) else Counting t))
                                                                               (*@ dequeue load#3 relaxed *)
  | dequeue_counts d t : does s d = Counting t →                               (*@ dequeue fetch_sub#2 relaxed *)
      step s (set_does (set_threshold s (threshold s - 1)) d (if decide (threshold s ≤ 0)%Z then Idle else Going))
  | catches_up d t tl hd : does s d = Catching t tl hd → tail s = tl →
      step s (set_does (set_tail s hd) d (Last t))                 (*@ catch_up compare_exchange_weak#1 relaxed/relaxed *)
  | catch_up_head d t tl hd : does s d = Catching t tl hd →
      step s (set_does s d (Again t (head s)))                                 (*@ catch_up load#1 relaxed *)
  | catch_up_tail d t hd : does s d = Again t hd →
      step s (set_does s d (if decide (hd ≤ tail s) then Last t else Catching t (tail s) hd))
                                                                               (*@ catch_up load#2 relaxed *)
  | dequeue_ends d t : does s d = Last t →
      step s (set_does (set_threshold s (threshold s - 1)) d Idle).            (*@ dequeue fetch_sub#1 relaxed *)

  (*@ of primitives/sluice/detail/scq_index_ring.hpp
      without scq_index_ring: nobody else has it yet
      path dequeue.empty: dequeue load#1
      path enqueue.first: enqueue fetch_add#1, enqueue load#1, enqueue compare_exchange_weak#1, enqueue load#2,
        enqueue store#1
      path enqueue: enqueue fetch_add#1, enqueue load#1, enqueue compare_exchange_weak#1, enqueue load#2
      path dequeue: dequeue load#1, dequeue fetch_add#1, dequeue load#2, dequeue fetch_or#1
      path dequeue.last: dequeue load#1, dequeue fetch_add#1, dequeue load#2, pass compare_exchange_weak#1, dequeue load#3,
        catch_up compare_exchange_weak#1, dequeue fetch_sub#1
      path enqueue.passed: enqueue fetch_add#1, enqueue load#1, enqueue fetch_add#1, enqueue load#1,
        enqueue compare_exchange_weak#1, enqueue load#2, enqueue store#1
      path dequeue.caught_up: dequeue load#1, dequeue fetch_add#1, dequeue load#2, pass compare_exchange_weak#1,
        dequeue load#3, catch_up compare_exchange_weak#1, catch_up load#1, catch_up load#2, dequeue fetch_sub#1
      path dequeue.goes_on: dequeue load#1, dequeue fetch_add#1, dequeue load#2, pass compare_exchange_weak#1,
        dequeue load#3, dequeue fetch_sub#2, dequeue fetch_add#1, dequeue load#2, dequeue fetch_or#1
      path enqueue.unsafe: enqueue fetch_add#1, enqueue load#1, can_take load#1, enqueue compare_exchange_weak#1,
        enqueue load#2 *)

  Inductive reachable : state → Prop :=
  | starts : reachable initial
  | goes s s' : reachable s → step s s' → reachable s'.

  (** the ticket of a dequeuer that has not gone by; and of an enqueuer, or an index inside *)
  Definition faces (x : doing) : option nat :=
    match x with Has t | Passing t _ | Taking t _ => Some t | _ => None end.
  Definition ticket (x : place) : option nat :=
    match x with Holds t | Saw t _ | Ready t _ | Inside t => Some t | Out => None end.
  Definition gone s t : Prop := t < head s ∧ ∀ d, faces (does s d) ≠ Some t.
  Definition fits (x : doing) : Prop :=
    match x with Passing t e => at_ e < t | Catching _ tl hd => tl ≤ hd | _ => True end.

  Record sound s : Prop := Sound {
    position : ∀ p, p < m → at_ (entries s p) mod m = p;
    inside : ∀ p i, p < m → index (entries s p) = Some i → i < n ∧ whereis s i = Inside (at_ (entries s p));
    placed : ∀ i t, whereis s i = Inside t → at_ s.[t] = t ∧ index s.[t] = Some i;
    issued : ∀ i t, ticket (whereis s i) = Some t → i < n ∧ t < tail s;
    seen : ∀ i t e, whereis s i = Saw t e ∨ whereis s i = Ready t e →
      at_ e < t ∧ index e = None ∧ (s.[t] = e ∨ at_ e < at_ s.[t]);
    judged : ∀ i t e, whereis s i = Ready t e → s.[t] = e → safe e = true ∨
      ∀ t', t' mod m = t mod m → gone s t' → t' < t;
    facing : ∀ d t, faces (does s d) = Some t → t < head s;
    alone : ∀ d d' t, faces (does s d) = Some t → faces (does s d') = Some t → d = d';
    fitting : ∀ d, fits (does s d);
    taking : ∀ d t i, does s d = Taking t i → at_ s.[t] = t ∧ index s.[t] = Some i;
    went_by : ∀ t, gone s t →
      t < at_ s.[t] ∨ (at_ s.[t] = t ∧ index s.[t] = None) ∨ (at_ s.[t] < t ∧ safe s.[t] = false);
    ahead : ∀ p, p < m → head s ≤ at_ (entries s p) → index (entries s p) ≠ None }.

  Lemma slot_lt t : t mod m < m. Proof. apply Nat.mod_upper_bound. lia. Qed.
  Lemma entry_set s t e t' : (set_entry s t e).[t'] = if decide (t' mod m = t mod m) then e else s.[t'].
  Proof. done. Qed.

  Lemma sound_initial : sound initial.
  Proof.
    constructor; simpl; try done.
    - intros p Hp. by apply Nat.mod_small.
    - by intros ??? [?|?].
    - intros t [Ht _]. right; left. split; [by apply Nat.mod_small|done].
    - intros p Hp Hge. lia.
  Qed.
  (** what the invariant does not speak of *)
  Lemma sound_same s s' :
    sound s → entries s' = entries s → head s' = head s → whereis s' = whereis s → (∀ d, does s' d = does s d) → tail s ≤ tail s' →
    sound s'.
  Proof.
    intros Hs He Hh Hw Hd Ht.
    assert (∀ t, gone s' t → gone s t) as Hgone.
    { intros t [Hlt Hf]. split; [by rewrite -Hh|]. intros d. rewrite -Hd. apply Hf. }
    destruct Hs. constructor; rewrite ?He ?Hh ?Hw; try done.
    - intros i t Hi. destruct (issued0 i t Hi). lia.
    - intros i t e Hi He'. destruct (judged0 i t e Hi He') as [|H]; [by left|right]. intros t' E Hg. by apply H, Hgone.
    - intros d t. rewrite Hd. apply facing0.
    - intros d d' t. rewrite !Hd. apply alone0.
    - intros d. rewrite Hd. apply fitting0.
    - intros d t i. rewrite Hd. apply taking0.
    - intros t Hg. by apply went_by0, Hgone.
  Qed.
  (** a dequeuer goes on with its ticket *)
  Lemma sound_does s d y :
    sound s → faces y = faces (does s d) → fits y →
    (∀ t i, y = Taking t i → at_ s.[t] = t ∧ index s.[t] = Some i) → sound (set_does s d y).
  Proof.
    intros Hs Hy Hp Ht.
    assert (∀ d', faces (does (set_does s d y) d') = faces (does s d')) as Hf.
    { intros d'. simpl. rewrite /upd. case_decide; by subst. }
    assert (∀ t, gone (set_does s d y) t → gone s t) as Hgone.
    { intros t [Hlt Hn']. split; [done|]. intros d'. rewrite -Hf. apply Hn'. }
    destruct Hs. constructor; try done.
    - intros i t e Hi He. destruct (judged0 i t e Hi He) as [|H]; [by left|right]. intros t' E Hg. by apply H, Hgone.
    - intros d' t. rewrite Hf. apply facing0.
    - intros d1 d2 t. rewrite !Hf. apply alone0.
    - intros d'. simpl. rewrite /upd. case_decide; [done|apply fitting0].
    - intros d' t i. simpl. rewrite /upd. case_decide; [apply Ht|apply taking0].
    - intros t Hg. by apply went_by0, Hgone.
  Qed.
  (** a dequeuer has gone by *)
  Lemma sound_leaves s d t y :
    sound s → faces (does s d) = Some t → faces y = None → fits y →
    (t < at_ s.[t] ∨ (at_ s.[t] = t ∧ index s.[t] = None) ∨ (at_ s.[t] < t ∧ safe s.[t] = false)) →
    (∀ i t' e, whereis s i = Ready t' e → s.[t'] = e → t mod m = t' mod m → safe e = true ∨ t < t') →
    sound (set_does s d y).
  Proof.
    intros Hs Hd Hy Hfit Hent Hready.
    assert (∀ t', gone (set_does s d y) t' → gone s t' ∨ t' = t) as Hgone.
    { intros t' [Hlt Hn']. destruct (decide (t' = t)); [by right|left]. split; [done|]. intros d'.
      specialize (Hn' d'). simpl in Hn'. rewrite /upd in Hn'. case_decide; [|done]. subst. rewrite Hd. congruence. }
    assert (∀ d' t', faces (does (set_does s d y) d') = Some t' → faces (does s d') = Some t') as Hf.
    { intros d' t'. simpl. rewrite /upd. case_decide; [|done]. by rewrite Hy. }
    destruct Hs. constructor; try done.
    - intros i t' e Hi He. destruct (judged0 i t' e Hi He) as [|H]; [by left|].
      destruct (decide (t mod m = t' mod m)) as [E|E].
      + destruct (Hready i t' e Hi He E); [by left|right]. intros t'' E' [Hg| ->]%Hgone; [by apply H|done].
      + right. intros t'' E' [Hg| ->]%Hgone; [by apply H|done].
    - intros d' t' H%Hf. by eapply facing0.
    - intros d1 d2 t' H1%Hf H2%Hf. by eapply alone0.
    - intros d'. simpl. rewrite /upd. case_decide; [done|apply fitting0].
    - intros d' t' i. simpl. rewrite /upd. case_decide; [|apply taking0]. intros ->. done.
    - intros t' [Hg| ->]%Hgone; [by apply went_by0|done].
  Qed.
  (** an enqueuer goes on, with nothing inside *)
  Lemma sound_place s i x :
    sound s → i < n → (∀ t, whereis s i ≠ Inside t) → (∀ t, x ≠ Inside t) → (∀ t, ticket x = Some t → t < tail s) →
    (∀ t e, x = Saw t e ∨ x = Ready t e → at_ e < t ∧ index e = None ∧ (s.[t] = e ∨ at_ e < at_ s.[t])) →
    (∀ t e, x = Ready t e → s.[t] = e → safe e = true ∨ ∀ t', t' mod m = t mod m → gone s t' → t' < t) →
    sound (set_place s i x).
  Proof.
    intros Hs Hi Hout Hx Htk Hseen Hready. destruct Hs. constructor; try done; simpl; unfold upd.
    - intros p i' Hp Hin. destruct (inside0 p i' Hp Hin) as [? Hw]. case_decide; [|done]. subst. by destruct (Hout _ Hw).
    - intros i' t. case_decide; [by intros ?%Hx|apply placed0].
    - intros i' t. case_decide; [|apply issued0]. subst. auto.
    - intros i' t e. case_decide; [apply Hseen|apply seen0].
    - intros i' t e. case_decide; [apply Hready|eapply judged0].
  Qed.
  (** a dequeuer marks the entry that it faces *)
  Lemma sound_passes s t :
    sound s → t < head s → at_ s.[t] < t → sound (set_entry s t (passed s.[t] t)).
  Proof.
    intros Hs Hlt Hat. pose proof (slot_lt t) as Hslot. set (o := s.[t]) in *.
    assert (∀ t', t' mod m = t mod m → s.[t'] = o) as Hsame by (intros t' E; by rewrite E).
    assert (passed o t = Entry t (safe o) None ∧ index o = None ∨
            ∃ i, passed o t = Entry (at_ o) false (Some i) ∧ index o = Some i) as Hcases.
    { unfold passed. destruct (index o) eqn:Hi; [right|left]; eauto. }
    destruct Hs. constructor; try done; unfold set_entry; simpl; unfold upd.
    - intros p Hp. case_decide; [|by apply position0]. subst. destruct Hcases as [[-> _]|(i & -> & _)]; simpl; [done|].
      by apply position0.
    - intros p i' Hp. case_decide; [|by apply inside0]. subst. destruct Hcases as [[-> _]|(i & -> & Hi)]; simpl; [done|].
      intros [= <-]. by apply inside0.
    - intros i' t' Hw. destruct (placed0 i' t' Hw) as [Ha Hi]. case_decide as E; [|done]. rewrite (Hsame _ E) in Ha, Hi.
      destruct Hcases as [[_ Hi']|(i & -> & Hi')]; simpl; [congruence|]. split; congruence.
    - intros i' t' e Hw. destruct (seen0 i' t' e Hw) as (Ha & Hi & He). split; [done|]. split; [done|].
      case_decide as E; [|done]. rewrite (Hsame _ E) in He. right.
      destruct Hcases as [[-> Hi']|(i & -> & Hi')]; simpl; destruct He as [He|]; subst; simpl in *; try lia. congruence.
    - intros i' t' e Hw. case_decide as E; [|by eapply judged0]. destruct (seen0 i' t' e (or_intror Hw)) as (Ha & Hi & He).
      rewrite (Hsame _ E) in He. destruct Hcases as [[-> Hi']|(i & -> & Hi')]; intros <-; simpl in *; [|done].
      destruct He as [He|]; [rewrite He in Hat; simpl in Hat|]; lia.
    - intros d t' i' Hd. destruct (taking0 d t' i' Hd) as [Ha Hi]. case_decide as E; [|done]. rewrite (Hsame _ E) in Ha, Hi.
      destruct Hcases as [[_ Hi']|(i & -> & Hi')]; simpl; [congruence|]. split; congruence.
    - intros t' Hg. specialize (went_by0 t' Hg). case_decide as E; [|done]. rewrite (Hsame _ E) in went_by0.
      destruct Hcases as [[-> Hi']|(i & -> & Hi')]; simpl.
      + destruct went_by0 as [|[[]|[]]]; [left; lia|left; lia|]. destruct (Nat.lt_total t t') as [|[|]]; auto.
      + destruct went_by0 as [|[[]|[]]]; [by left|congruence|by auto].
    - intros p Hp. case_decide; [|by apply ahead0]. subst. destruct Hcases as [[-> Hi']|(i & -> & Hi')]; simpl; [lia|done].
  Qed.
  (** an index goes in *)
  Lemma sound_puts s i t :
    sound s → whereis s i = Ready t s.[t] → sound (set_place (set_entry s t (Entry t true (Some i))) i (Inside t)).
  Proof.
    intros Hs Hw. pose proof (slot_lt t) as Hslot. destruct Hs. destruct (seen0 i t _ (or_intror Hw)) as (Hat & Hnone & _).
    destruct (issued0 i t) as [Hi Htail]; first by rewrite Hw. set (o := s.[t]) in *.
    assert (∀ t', t' mod m = t mod m → s.[t'] = o) as Hsame by (intros t' E; by rewrite E).
    constructor; try done; unfold set_entry; simpl; unfold upd.
    - intros p Hp. case_decide; [by subst|by apply position0].
    - intros p i' Hp. case_decide; subst; simpl; [intros [= <-]; by rewrite decide_True|].
      intros Hin. destruct (inside0 p i' Hp Hin) as [? Hw']. split; [done|]. rewrite decide_False; congruence.
    - intros i' t'. case_decide; [subst; intros [= <-]; by rewrite decide_True|]. intros Hw'.
      destruct (placed0 i' t' Hw') as [Ha Hin]. rewrite decide_False; [done|]. intros E. rewrite (Hsame _ E) in Hin. congruence.
    - intros i' t'. case_decide; [subst; intros [= <-]; done|apply issued0].
    - intros i' t' e. case_decide; [by intros [?|?]|]. intros Hw'. destruct (seen0 i' t' e Hw') as (Ha & Hin & He).
      split; [done|]. split; [done|]. case_decide as E; [|done]. right. rewrite (Hsame _ E) in He. simpl.
      destruct He; subst; lia.
    - intros i' t' e. case_decide; [done|]. intros Hw'. case_decide as E; [|by eapply judged0]. intros <-.
      by destruct (seen0 i' t' _ (or_intror Hw')) as (_ & ? & _).
    - intros d t' i' Hd. destruct (taking0 d t' i' Hd) as [Ha Hin]. rewrite decide_False; [done|]. intros E.
      rewrite (Hsame _ E) in Hin. congruence.
    - intros t' Hg. specialize (went_by0 t' Hg). case_decide as E; [|done]. rewrite (Hsame _ E) in went_by0. left. simpl.
      destruct went_by0 as [|[[]|[? Hun]]]; try lia. destruct (judged0 i t o Hw eq_refl) as [|Hj]; [congruence|]. by apply Hj.
    - intros p Hp. case_decide; [done|by apply ahead0].
  Qed.
  (** and out *)
  Lemma sound_takes s d t i :
    sound s → does s d = Has t → t < head s → at_ s.[t] = t → index s.[t] = Some i →
    sound (set_place (set_entry s t (Entry (at_ s.[t]) (safe s.[t]) None)) i Out).
  Proof.
    intros Hs Hd Hlt Hat Hin. pose proof (slot_lt t) as Hslot. destruct Hs.
    destruct (inside0 _ _ Hslot Hin) as [Hi Hw]. set (o := s.[t]) in *.
    assert (∀ t', t' mod m = t mod m → s.[t'] = o) as Hsame by (intros t' E; by rewrite E).
    constructor; try done; unfold set_entry; simpl; unfold upd.
    - intros p Hp. case_decide as E; [rewrite E; by apply (position0 (t mod m))|by apply position0].
    - intros p i' Hp. case_decide as Hne; [done|]. intros Hin'. destruct (inside0 p i' Hp Hin') as [? Hw']. split; [done|].
      rewrite decide_False; [done|]. intros ->. rewrite Hw in Hw'. injection Hw' as E.
      pose proof (position0 p Hp) as Hpos. rewrite -E Hat in Hpos. destruct Hne. by symmetry.
    - intros i' t'. case_decide; [done|]. intros Hw'. destruct (placed0 i' t' Hw') as [Ha Hin']. rewrite decide_False; [done|].
      intros E. rewrite (Hsame _ E) in Hin'. congruence.
    - intros i' t'. case_decide; [done|apply issued0].
    - intros i' t' e. case_decide; [by intros [?|?]|]. intros Hw'. destruct (seen0 i' t' e Hw') as (Ha & Hin' & He).
      split; [done|]. split; [done|]. case_decide as E; [|done]. right. rewrite (Hsame _ E) in He. simpl.
      destruct He; [congruence|done].
    - intros i' t' e. case_decide; [done|]. intros Hw'. case_decide as E; [|by eapply judged0]. intros He.
      destruct (seen0 i' t' e (or_intror Hw')) as (Ha & Hin' & He'). rewrite (Hsame _ E) in He'.
      destruct He' as [He'|He']; [congruence|]. rewrite -He in He'. simpl in He'. lia.
    - intros d' t' i' Hd'. destruct (taking0 d' t' i' Hd') as [Ha Hin']. rewrite decide_False; [done|]. intros E.
      rewrite (Hsame _ E) in Ha. assert (t' = t) as -> by congruence.
      assert (d' = d) as ->; [apply (alone0 d' d t); [by rewrite Hd'|by rewrite Hd]|]. congruence.
    - intros t' Hg. specialize (went_by0 t' Hg). case_decide as E; [|done]. rewrite (Hsame _ E) in went_by0. simpl.
      destruct went_by0 as [|[[]|[]]]; auto.
    - intros p Hp. case_decide; [simpl; lia|by apply ahead0].
  Qed.
  (** a dequeuer takes a ticket *)
  Lemma sound_ticket s d :
    sound s → does s d = Going → sound (set_does (set_head s (S (head s))) d (Has (head s))).
  Proof.
    intros Hs Hd. set (s' := set_does _ _ _).
    assert (∀ t, gone s' t → gone s t) as Hgone.
    { intros t [Hlt Hf]. simpl in *. unfold upd in Hf. assert (t ≠ head s).
      { intros ->. specialize (Hf d). by rewrite decide_True in Hf. }
      split; [lia|]. intros d'. specialize (Hf d'). case_decide; [|done]. subst. by rewrite Hd. }
    assert (∀ d' t, faces (does s' d') = Some t → d' = d ∧ t = head s ∨ d' ≠ d ∧ faces (does s d') = Some t) as Hf.
    { intros d' t. simpl. rewrite /upd. case_decide; [intros [= <-]; by left|by right]. }
    destruct Hs. constructor; try done.
    - intros i t e Hi He. destruct (judged0 i t e Hi He) as [|Hj]; [by left|right]. intros t' E Hg. by apply Hj, Hgone.
    - intros d' t [[_ ->]|[_ H%facing0]]%Hf; simpl; lia.
    - intros d1 d2 t [[-> ->]|[? H1]]%Hf [[-> ?]|[? H2]]%Hf; try done.
      + apply facing0 in H2. lia.
      + apply facing0 in H1. lia.
      + by eapply alone0.
    - intros d'. simpl. rewrite /upd. case_decide; [done|apply fitting0].
    - intros d' t i. simpl. rewrite /upd. case_decide; [done|apply taking0].
    - intros t Hg. by apply went_by0, Hgone.
    - intros p Hp Hge. apply ahead0; simpl in *; [done|lia].
  Qed.

  Lemma sound_step s s' : sound s → step s s' → sound s'.
  Proof.
    intros Hs Hstep. destruct Hstep as [i Hi Hw|i t Hw|i t e Hw|i t e Hw He|i t e Hw|t Hd|t Hd|d Hk Hd Hth|d Hd|d t Hd|d t e Hd He
      |d t e Hd|d t i Hd|d t Hd|d t Hd|d t tl hd Hd Ht|d t tl hd Hd|d t hd Hd|d t Hd].
    - apply sound_place; simpl; try done; [apply (sound_same s); try done; simpl; lia|by rewrite Hw|intros t [= <-]; lia|by intros ?? [?|?]].
    - destruct (issued _ Hs i t) as [Hi Ht]; first by rewrite Hw.
      case_decide as E; [destruct E; destruct (safe s.[t]) eqn:Hsafe|]; apply sound_place; try done; try (by rewrite Hw).
      + by intros ? [= <-].
      + intros t' e [[=]|[= <- <-]]. auto.
      + intros t' e [= <- <-] _. by left.
      + by intros ? [= <-].
      + intros t' e [[= <- <-]|[=]]. auto.
      + by intros ?? [?|?].
    - destruct (issued _ Hs i t) as [Hi Ht]; first by rewrite Hw. pose proof (seen _ Hs i t e (or_introl Hw)) as Hseen.
      case_decide; apply sound_place; try done; try (by rewrite Hw).
      + by intros ? [= <-].
      + by intros t' e' [[=]|[= <- <-]].
      + intros t' e' [= <- <-] _. right. intros t'' _ [? _]. lia.
      + by intros ?? [?|?].
    - subst e. apply (sound_same (set_place (set_entry s t (Entry t true (Some i))) i (Inside t))); try done.
      by apply sound_puts.
    - destruct (issued _ Hs i t) as [Hi Ht]; first by rewrite Hw. apply sound_place; try done; try (by rewrite Hw).
      + by intros ? [= <-].
      + by intros ?? [?|?].
    - by apply (sound_same s).
    - by apply (sound_same s).
    - apply sound_does; try done. by rewrite Hd.
    - by apply sound_ticket.
    - assert (faces (does s d) = Some t) as Hf by by rewrite Hd. case_decide as Hlt; [|case_decide as Heq; [destruct (index s.[t]) as [i|] eqn:Hi|]].
      + apply sound_does; try done; by rewrite Hd.
      + apply sound_does; try done. by intros t' i' [= <- <-].
      + apply (sound_leaves s d t); try done; [by auto|]. intros i t' e Hw He E. destruct (seen _ Hs i t' e (or_intror Hw)) as [? _].
        right. rewrite E in Heq. congruence.
      + apply (sound_leaves s d t); try done; [left; lia|]. intros i t' e Hw He E. destruct (seen _ Hs i t' e (or_intror Hw)) as [? _].
        right. rewrite E He in Hlt Heq. lia.
    - subst e. assert (faces (does s d) = Some t) as Hf by by rewrite Hd. pose proof (fitting _ Hs d) as Hfit. rewrite Hd in Hfit.
      pose proof (sound_passes s t Hs (facing _ Hs _ _ Hf) Hfit) as Hs'.
      apply (sound_leaves _ d t); try done.
      + rewrite entry_set decide_True //. unfold passed. destruct (index s.[t]); simpl; [right; right|right; left]; done.
      + intros i t' e Hw He E. destruct (seen _ Hs' i t' e (or_intror Hw)) as (? & Hnone & _). right.
        rewrite entry_set decide_True // in He. subst e. unfold passed in *. destruct (index s.[t]); simpl in *; [done|lia].
    - apply sound_does; try done. by rewrite Hd.
    - assert (faces (does s d) = Some t) as Hf by by rewrite Hd. destruct (taking _ Hs d t i Hd) as [Hat Hi].
      assert (sound (set_does s d (Has t))) as H1 by (apply sound_does; try done; by rewrite Hd).
      pose proof (sound_takes (set_does s d (Has t)) d t i H1) as H2.
      assert (does (set_does s d (Has t)) d = Has t) as Hh by (simpl; unfold upd; by rewrite decide_True).
      specialize (H2 Hh (facing _ Hs _ _ Hf) Hat Hi). eapply (sound_same (set_does (set_place (set_entry (set_does s d (Has t)) t
        (Entry (at_ s.[t]) (safe s.[t]) None)) i Out) d Idle)); try done.
      2: { intros d'. simpl. unfold upd. by case_decide. }
      apply (sound_leaves _ d t); try done.
      + simpl. unfold upd. by rewrite decide_True.
      + right; left. simpl. unfold upd. by rewrite decide_True.
      + intros i' t' e Hw He E. destruct (seen _ H2 i' t' e (or_intror Hw)) as (? & _). right.
        simpl in He. unfold upd in He. rewrite decide_True // in He. subst e. simpl in *. lia.
    - case_decide; apply sound_does; try done; by rewrite Hd.
    - apply (sound_same (set_does s d (if decide (threshold s ≤ 0)%Z then Idle else Going))); try done.
      case_decide; apply sound_does; try done; by rewrite Hd.
    - pose proof (fitting _ Hs d) as Hfit. rewrite Hd in Hfit. apply (sound_same (set_does s d (Last t))); try done; [|simpl in *; lia].
      apply sound_does; try done; by rewrite Hd.
    - apply sound_does; try done. by rewrite Hd.
    - case_decide; apply sound_does; try done; try (by rewrite Hd). simpl. lia.
    - apply (sound_same (set_does s d Idle)); try done. apply sound_does; try done; by rewrite Hd.
  Qed.
  Lemma reachable_sound s : reachable s → sound s.
  Proof. induction 1; [apply sound_initial|by eapply sound_step]. Qed.

  (** An index is at one place: in somebody's hand, or in the one entry that has it. *)
  Theorem never_duplicated s p p' i :
    reachable s → p < m → p' < m → index (entries s p) = Some i → index (entries s p') = Some i → p = p'.
  Proof.
    intros Hs%reachable_sound Hp Hp' Hi Hi'. destruct (inside _ Hs p i Hp Hi) as [_ Hw]. destruct (inside _ Hs p' i Hp' Hi') as [_ Hw'].
    rewrite -(position _ Hs p Hp) -(position _ Hs p' Hp'). congruence.
  Qed.
  (** What was put in lies at its ticket, and the dequeuer with that ticket has not gone by: it is to come, or faces the entry. *)
  Theorem never_lost s i t :
    reachable s → whereis s i = Inside t → index s.[t] = Some i ∧ at_ s.[t] = t ∧ ¬ gone s t.
  Proof.
    intros Hs%reachable_sound Hw. destruct (placed _ Hs i t Hw) as [Hat Hi]. split; [done|]. split; [done|].
    intros Hg. destruct (went_by _ Hs t Hg) as [|[[]|[]]]; [lia|congruence|lia].
  Qed.
  (** Who takes an index out takes that of its own ticket, which is there, and nobody else takes it. *)
  Theorem takes_its_own s d t i :
    reachable s → does s d = Taking t i → whereis s i = Inside t ∧ ∀ d' t', does s d' = Taking t' i → d' = d.
  Proof.
    intros Hs%reachable_sound Hd. assert (whereis s i = Inside t) as Hw.
    { destruct (taking _ Hs d t i Hd) as [Hat Hi]. destruct (inside _ Hs (t mod m) i (slot_lt t) Hi) as [_ Hw]. congruence. }
    split; [done|]. intros d' t' Hd'. destruct (taking _ Hs d' t' i Hd') as [Hat' Hi'].
    destruct (inside _ Hs (t' mod m) i (slot_lt t') Hi') as [_ Hw']. assert (t' = t) as -> by congruence.
    apply (alone _ Hs d' d t); [by rewrite Hd'|by rewrite Hd].
  Qed.
End scq.
