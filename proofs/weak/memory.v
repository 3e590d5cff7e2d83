(* SPDX-License-Identifier: BSL-1.0 *)
(** A release/acquire memory, by views: the fragment of RC11 without fences, seq_cst and load buffering.

    A location has a history of messages, each at a timestamp, with the view of whoever wrote it. A thread may read any
    message that is not older than its view of that location; a store takes any free timestamp above the writer's view; a
    read-modify-write takes the one after the message that it read, and continues its release sequence. An acquire load
    learns the message's view. Plain data ("cells") is counted: an access that does not know of all earlier ones is a race. *)
From iris.prelude Require Import prelude.   (* = stdpp + ssreflect *)

Section memory.
  Context {loc val : Type} `{!EqDecision loc}.
  Definition view := loc → nat.
  Definition set (V : view) l t : view := λ l', if decide (l' = l) then t else V l'.
  Definition bump (V : view) l t := set V l (V l `max` t).
  Definition vjoin (V W : view) : view := λ l, V l `max` W l.
  Definition bot : view := λ _, 0.
  Record msg := Msg { mval : val; mview : view }.
  Definition hist := loc → nat → option msg.
  Definition add (M : hist) l t m : hist :=
    λ l' t', if decide (l' = l ∧ t' = t) then Some m else M l' t'.

  Inductive mode := Rlx | Sync.   (* Sync: acquire for loads, release for stores *)

  Definition read (o : mode) (M : hist) (V : view) l t m (V' : view) : Prop :=
    M l t = Some m ∧ V l ≤ t ∧
    V' = match o with Rlx => bump V l t | Sync => vjoin (bump V l t) (mview m) end.
  Definition write (o : mode) (M : hist) (V : view) l v t (M' : hist) (V' : view) : Prop :=
    M l t = None ∧ V l < t ∧ V' = set V l t ∧
    M' = add M l t (Msg v match o with Rlx => set bot l t | Sync => V' end).
  Definition rmw (ld st : mode) (M : hist) (V : view) l old new t (M' : hist) (V' : view) : Prop :=
    ∃ m, M l t = Some m ∧ V l ≤ t ∧ mval m = old ∧ M l (S t) = None ∧
         V' = set match ld with Rlx => V | Sync => vjoin V (mview m) end l (S t) ∧
         M' = add M l (S t) (Msg new (set match st with Rlx => mview m | Sync => vjoin V' (mview m) end l (S t))).

  Lemma add_ne M l t m l' t' : l' ≠ l → add M l t m l' t' = M l' t'.
  Proof. unfold add. case_decide; naive_solver. Qed.
  Lemma add_eq M l t m : add M l t m l t = Some m.
  Proof. unfold add. case_decide; naive_solver. Qed.
  Lemma set_eq V l t : set V l t l = t.
  Proof. unfold set. by case_decide. Qed.
  Lemma set_ne V l t l' : l' ≠ l → set V l t l' = V l'.
  Proof. unfold set. by case_decide. Qed.

  (** ** What is learnt, and what a read-modify-write leaves *)
  Definition knows (V W : view) : Prop := ∀ l, W l ≤ V l.
  Lemma knows_trans U V W : knows U V → knows V W → knows U W.
  Proof. intros H1 H2 l. specialize (H1 l). specialize (H2 l). lia. Qed.
  Lemma knows_join_l V W : knows (vjoin V W) V. Proof. intros l. unfold vjoin. lia. Qed.
  Lemma knows_join_r V W : knows (vjoin V W) W. Proof. intros l. unfold vjoin. lia. Qed.
  Lemma knows_bump V l t : knows (bump V l t) V ∧ t ≤ bump V l t l.
  Proof. unfold bump. rewrite set_eq. split; [|lia]. intros l'. unfold set. case_decide; subst; lia. Qed.
  Lemma reads o (M : hist) V l t m V' : read o M V l t m V' →
    M l t = Some m ∧ V l ≤ t ∧ t ≤ V' l ∧ knows V' V ∧ (o = Sync → knows V' (mview m)).
  Proof.
    intros (Hm & HV & ->). destruct (knows_bump V l t) as [Hk Ht]. repeat split; try done.
    - destruct o; [done|]. unfold vjoin. lia.
    - destruct o; [done|]. eapply knows_trans; [apply knows_join_l|done].
    - intros ->. apply knows_join_r.
  Qed.
  Lemma changes ld st (M : hist) V l old new t M' V' : rmw ld st M V l old new t M' V' → ∃ m m',
    M l t = Some m ∧ V l ≤ t ∧ mval m = old ∧ M l (S t) = None ∧ M' = add M l (S t) m' ∧ mval m' = new ∧
    knows V' V ∧ V' l = S t ∧ (ld = Sync → ∀ l', l' ≠ l → mview m l' ≤ V' l') ∧
    mview m' l = S t ∧ (∀ l', l' ≠ l → mview m l' ≤ mview m' l') ∧
    match st with Rlx => ∀ l', l' ≠ l → mview m' l' = mview m l' | Sync => knows (mview m') V' end.
  Proof.
    intros (m & Hm & HV & Hold & Hno & EV & ->). eexists m, _. repeat split; try done; try apply EV.
    all: simpl; rewrite ?set_eq; subst V'; try lia.
    - intros l'. unfold set. case_decide as E; [subst; lia|]. destruct ld; unfold vjoin; lia.
    - by rewrite set_eq.
    - intros -> l' Hl. rewrite set_ne //. unfold vjoin. lia.
    - intros l' Hl. rewrite set_ne //. destruct st; unfold vjoin; lia.
    - destruct st; [intros l' Hl; by rewrite set_ne|]. intros l'. unfold vjoin, set. repeat case_decide; subst; lia.
  Qed.
  Lemma at_the_end (M : hist) l n t : (∀ t, t ≤ n → is_Some (M l t)) → (∀ t m, M l t = Some m → t ≤ n) →
    is_Some (M l t) → M l (S t) = None → t = n.
  Proof.
    intros Hall Hmax [m Hm] Hno. pose proof (Hmax _ _ Hm). destruct (decide (t = n)); [done|].
    destruct (Hall (S t)) as [??]; [lia|congruence].
  Qed.

  Lemma append_all M l n (m' : msg) : (∀ t, t ≤ n → is_Some (M l t)) → ∀ t, t ≤ S n → is_Some (add M l (S n) m' l t).
  Proof.
    intros Hall t Ht. unfold add. case_decide as E; [eauto|]. apply Hall. destruct (decide (t = S n)) as [->|]; [by destruct E|lia].
  Qed.
  Lemma appended M l n (m' : msg) t m : (∀ t m, M l t = Some m → t ≤ n) → add M l (S n) m' l t = Some m →
    (t = S n ∧ m = m') ∨ (t ≤ n ∧ M l t = Some m).
  Proof. intros Hmax. unfold add. case_decide as E; [intros [= <-]; left; naive_solver|]. intros Hm. right. eauto. Qed.
End memory.
Global Arguments view : clear implicits.
Global Arguments msg : clear implicits.
Global Arguments hist : clear implicits.

Definition upd {A} (f : nat → A) x a : nat → A := λ y, if decide (y = x) then a else f y.
Lemma upd_eq {A} (f : nat → A) x a : upd f x a x = a.
Proof. unfold upd. by case_decide. Qed.
Lemma upd_ne {A} (f : nat → A) x a y : y ≠ x → upd f x a y = f y.
Proof. unfold upd. by case_decide. Qed.
