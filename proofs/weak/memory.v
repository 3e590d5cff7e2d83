(* SPDX-License-Identifier: BSL-1.0 *)
(** A release/acquire memory, by views: the fragment of RC11 without fences, seq_cst and load buffering.

    A location has a history of messages, each at a timestamp, with the view of whoever wrote it. A thread may read any
    message that is not older than its view of that location; a store takes any free timestamp above the writer's view; a
    read-modify-write takes the one after the message that it read, and continues its release sequence. An acquire load
    learns the message's view. Plain data ("cells") is counted: an access that does not know of all earlier ones is a race. *)
From iris.prelude Require Import prelude.   (* = stdpp + ssreflect *)

Section memory.
  Context {loc : Type} `{!EqDecision loc}.
  Definition view := loc → nat.
  Definition set (V : view) l t : view := λ l', if decide (l' = l) then t else V l'.
  Definition bump (V : view) l t := set V l (V l `max` t).
  Definition vjoin (V W : view) : view := λ l, V l `max` W l.
  Definition bot : view := λ _, 0.
  Record msg := Msg { mval : nat; mview : view }.
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
End memory.
Global Arguments view : clear implicits.
Global Arguments msg : clear implicits.
Global Arguments hist : clear implicits.

Definition upd {A} (f : nat → A) x a : nat → A := λ y, if decide (y = x) then a else f y.
Lemma upd_eq {A} (f : nat → A) x a : upd f x a x = a.
Proof. unfold upd. by case_decide. Qed.
Lemma upd_ne {A} (f : nat → A) x a y : y ≠ x → upd f x a y = f y.
Proof. unfold upd. by case_decide. Qed.
