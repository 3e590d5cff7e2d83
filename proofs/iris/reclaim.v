(* SPDX-License-Identifier: BSL-1.0 *)
(** Interval-based reclamation: what a section has taken up is not freed before its end. Here: the program, its ghost state and
    the invariant.

    The program is sluice/reclaim.hpp with sluice/detail/reclaim_domain.hpp. Objects are freed: a program that touched a dead
    one would be stuck, and so would one that freed one twice. When garbage is looked at, and when a birth moves the era on,
    is left open, so all batches are covered. Fences do nothing here, for the memory is sequentially consistent: that a light
    and a heavy one are enough where it is not, is outside. Addresses may be used again, as far as the proof goes. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_map.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.

(** ** Program *)
Notation era_of d := (d +ₗ #0)%E. Notation records_of d := (d +ₗ #1)%E. Notation orphans_of d := (d +ₗ #2)%E.
Notation lower_of r := (r +ₗ #0)%E. Notation upper_of r := (r +ₗ #1)%E.
Notation taken_of r := (r +ₗ #2)%E. Notation after r := (r +ₗ #3)%E.
Notation birth_of o := (o +ₗ #0)%E. Notation retired_of o := (o +ₗ #1)%E.
Notation next_of o := (o +ₗ #2)%E. Notation free_of o := (o +ₗ #3)%E.
Notation domain t := (Fst (Fst t)). Notation mine t := (Snd (Fst t)). Notation own_upper t := (Fst (Snd t)).
Notation fresh t := (Fst (Snd (Snd t))). Notation kept t := (Snd (Snd (Snd t))).
Notation outside := (-1)%Z.

Definition push : val := λ: "l" "o", next_of "o" <- !"l";; "l" <- SOME "o".
Definition pop : val := λ: "l",
  match: !"l" with NONE => NONE | SOME "o" => "l" <- !(next_of "o");; SOME "o" end.
(** what was there, and whether it was changed *)
Definition weak_cas : val := λ: "word" "expected" "desired",
  if: nondet_bool #() then (!"word", #false) else CmpXchg "word" "expected" "desired".

Definition new_domain : val := λ: <>, let: "d" := AllocN #3 NONE in era_of "d" <- #1;; "d".

Definition find_free : val := rec: "find" "r" :=
  match: "r" with
    NONE => NONE
  | SOME "r" =>
      if: Snd (weak_cas (taken_of "r") #false #true)       (*@ claim compare_exchange_weak#1 acquire/relaxed *)
      then SOME "r" else "find" !(after "r")
  end.
Definition add_record : val := rec: "add" "d" "r" "head" :=
  after "r" <- "head";;
  let: "found" := weak_cas (records_of "d") "head" (SOME "r") in   (*@ claim compare_exchange_weak#2 release/relaxed *)
  if: Snd "found" then "r" else "add" "d" "r" (Fst "found").
Definition claim : val := λ: "d",
  let: "first" := !(records_of "d") in                               (*@ claim load#1 acquire *)
  match: find_free "first" with
    SOME "r" => "r"
  | NONE =>
      let: "r" := AllocN #4 #0 in
      lower_of "r" <- #outside;; taken_of "r" <- #true;; add_record "d" "r" "first"
  end.
Definition new_reclaimer : val := λ: "d", (("d", claim "d"), (ref #0, (ref NONE, ref NONE))).

Definition birth : val := λ: "t",
  (if: nondet_bool #() then FAA (era_of (domain "t")) #1;; #() else #());;   (*@ birth fetch_add#1 relaxed *)
  !(era_of (domain "t")).                                            (*@ birth load#1 relaxed *)
Definition make : val := λ: "t" "o", birth_of "o" <- birth "t".

Definition stamp : val := rec: "stamp" "t" "now" :=
  match: pop (fresh "t") with
    NONE => #()
  | SOME "o" => retired_of "o" <- "now";; push (kept "t") "o";; "stamp" "t" "now"
  end.
Definition adopt : val := rec: "adopt" "t" "o" :=
  match: "o" with
    NONE => #()
  | SOME "o" => let: "next" := !(next_of "o") in push (kept "t") "o";; "adopt" "t" "next"
  end.
Definition adopt_orphans : val := λ: "t",
  if: !(orphans_of (domain "t")) = NONE then #()                     (*@ adopt_orphans load#1 relaxed *)
  else adopt "t" (Xchg (orphans_of (domain "t")) NONE).              (*@ adopt_orphans exchange#1 acquire *)
Definition sift : val := rec: "sift" "free" "lower" "upper" "kept" "rest" :=
  match: pop "free" with
    NONE => #()
  | SOME "o" =>
      push (if: ("lower" ≤ !(retired_of "o")) && (!(birth_of "o") ≤ "upper") then "kept" else "rest") "o";;
      "sift" "free" "lower" "upper" "kept" "rest"
  end.
Definition scan : val := rec: "scan" "t" "free" "r" :=
  match: "r" with
    NONE => #()
  | SOME "r" =>
      let: "lower" := !(lower_of "r") in                             (*@ unprotected load#2 acquire *)
      (if: "lower" = #outside then #() else
       let: "upper" := !(upper_of "r") in                            (*@ unprotected load#3 relaxed *)
       let: "rest" := ref NONE in
       sift "free" "lower" "upper" (kept "t") "rest";; "free" <- !"rest");;
      "scan" "t" "free" !(after "r")
  end.
Definition unprotected : val := λ: "t",
  let: "free" := ref !(kept "t") in
  kept "t" <- NONE;;
  scan "t" "free" !(records_of (domain "t"));;                       (*@ unprotected load#1 acquire *)
  "free".
Definition free_all : val := rec: "free" "dead" :=
  match: pop "dead" with NONE => #() | SOME "o" => !(free_of "o") "o";; "free" "dead" end.
Definition collect : val := λ: "t",
  let: "now" := FAA (era_of (domain "t")) #1 in                      (*@ collect fetch_add#1 release *)
  stamp "t" "now";;
  adopt_orphans "t";;                                                (*@ collect fence_heavy *)
  free_all (unprotected "t").
Definition maybe_collect : val := λ: "t", if: nondet_bool #() then collect "t" else #().
Definition retire : val := λ: "t" "o" "free", free_of "o" <- "free";; push (fresh "t") "o";; maybe_collect "t".

Definition lock : val := λ: "t",
  let: "now" := !(era_of (domain "t")) in                            (*@ enter load#1 acquire *)
  own_upper "t" <- "now";;
  upper_of (mine "t") <- "now";;                                     (*@ enter store#1 relaxed *)
  lower_of (mine "t") <- "now".                                      (*@ enter store#2 release, enter fence_light *)
Definition unlock : val := λ: "t",
  lower_of (mine "t") <- #outside;;                                  (*@ leave store#1 release *)
  maybe_collect "t".
Definition protect : val := rec: "protect" "t" "load" :=
  let: "found" := "load" #() in
  let: "now" := !(era_of (domain "t")) in                            (*@ protect load#1 relaxed *)
  if: "now" = !(own_upper "t") then "found" else
  own_upper "t" <- "now";;
  upper_of (mine "t") <- "now";;                                     (*@ protect store#1 relaxed, protect fence_light *)
  "protect" "t" "load".
Definition read : val := λ: "from" <>, !"from".                      (*@ read load acquire *)

Definition last_of : val := rec: "last" "o" :=
  match: !(next_of "o") with NONE => "o" | SOME "next" => "last" "next" end.
Definition leave : val := rec: "leave" "d" "first" "last" "head" :=
  next_of "last" <- "head";;
  let: "found" := weak_cas (orphans_of "d") "head" (SOME "first") in
                                                       (*@ leave_orphans compare_exchange_weak#1 release/relaxed *)
  if: Snd "found" then #() else "leave" "d" "first" "last" (Fst "found").
Definition leave_orphans : val := λ: "t",
  match: !(kept "t") with
    NONE => #()
  | SOME "first" =>
      let: "last" := last_of "first" in
      leave (domain "t") "first" "last" !(orphans_of (domain "t"))   (*@ leave_orphans load#1 relaxed *)
  end.
Definition collect_some : val := λ: "l" "t", if: !"l" = NONE then #() else collect "t".
Definition end_reclaimer : val := λ: "t",
  collect_some (fresh "t") "t";;
  collect_some (kept "t") "t";;
  leave_orphans "t";;
  taken_of (mine "t") <- #false.                                     (*@ ~basic_reclaimer store#1 release *)

(*@ of primitives/sluice/reclaim.hpp primitives/sluice/detail/reclaim_domain.hpp
    without ~basic_reclaim_domain: the end of a domain
    path claim.new: claim load#1, claim compare_exchange_weak#2
    path claim.again: claim load#1, claim compare_exchange_weak#1
    path claim.overtaken: claim load#1, claim compare_exchange_weak#1, claim compare_exchange_weak#2, claim compare_exchange_weak#2
    path birth: birth load#1
    path birth.tick: birth fetch_add#1, birth load#1
    path lock: enter load#1, enter store#1, enter store#2, enter fence_light
    path lock.leaf: enter load#1, enter store#1, enter store#2, enter fence_light
    path protect: read load, protect load#1
    path protect.moved_on: read load, protect load#1, protect store#1, protect fence_light, read load, protect load#1
    path unlock: leave store#1
    path unlock.leaf: leave store#1
    path unlock.collects: leave store#1, collect fetch_add#1, adopt_orphans load#1, collect fence_heavy, unprotected load#1,
      unprotected load#2, unprotected load#2
    path retire.kept: collect fetch_add#1, adopt_orphans load#1, collect fence_heavy, unprotected load#1,
      unprotected load#2, unprotected load#2, unprotected load#3
    path end.clean: ~basic_reclaimer store#1
    path end.leaves: collect fetch_add#1, adopt_orphans load#1, collect fence_heavy, unprotected load#1, unprotected load#2,
      unprotected load#2, unprotected load#3, leave_orphans load#1, leave_orphans compare_exchange_weak#1, ~basic_reclaimer store#1
    path adopts: collect fetch_add#1, adopt_orphans load#1, adopt_orphans exchange#1, collect fence_heavy,
      unprotected load#1, unprotected load#2, unprotected load#2 *)

(** ** What is known of readers and objects *)
Record reader := Reader { from : option nat; upto : nat; took : gset loc }.  (* from: None outside of a section *)
(** gone: the era in which it was retired, and the records whose readers may have taken it up before *)
Record object := Object { born : nat; gone : option (nat * gset loc) }.
Implicit Types (r o : loc) (x : reader) (y : object) (R : gmap loc reader) (O : gmap loc object) (e b u : nat).

Definition reader_sound e O r x : Prop :=
  (from x = None → took x = ∅) ∧ (∀ lo, from x = Some lo → lo ≤ e) ∧ upto x ≤ e ∧
  ∀ o, o ∈ took x → ∃ y, O !! o = Some y ∧ born y ≤ upto x ∧
    ∀ u may, gone y = Some (u, may) → r ∈ may ∧ ∀ lo, from x = Some lo → lo ≤ u.
Definition sound e R O : Prop :=
  (∀ r x, R !! r = Some x → reader_sound e O r x) ∧
  (∀ o y, O !! o = Some y → born y ≤ e ∧ ∀ u may, gone y = Some (u, may) → may ⊆ dom R).

Lemma sound_at e R O r x : sound e R O → R !! r = Some x → reader_sound e O r x.
Proof. intros [H _]. apply H. Qed.
Lemma sound_tick e R O : sound e R O → sound (S e) R O.
Proof.
  intros [HR HO]. split; last (intros o y Ho; destruct (HO o y Ho); auto with lia).
  intros r x Hr. destruct (HR r x Hr) as (? & Hlo & ? & ?). split; [done|split; [|split; [lia|done]]].
  intros lo Hx. specialize (Hlo lo Hx). lia.
Qed.
Lemma sound_reader e R O r x' : sound e R O → reader_sound e O r x' → sound e (<[r:=x']> R) O.
Proof.
  intros [HR HO] Hx. split.
  - intros r' x'' [[<- <-]|[? ?]]%lookup_insert_Some; by auto.
  - intros o y Ho. destruct (HO o y Ho) as [? Hmay]. split; [done|]. intros u may Hy. specialize (Hmay u may Hy). set_solver.
Qed.
(** What is made is nobody's yet. *)
Lemma sound_make e R O o b : sound e R O → O !! o = None → b ≤ e → sound e R (<[o:=Object b None]> O).
Proof.
  intros [HR HO] Ho Hb. split; last (intros o' y [[<- <-]|[? ?]]%lookup_insert_Some; [by split|by eapply HO]).
  intros r x Hr. destruct (HR r x Hr) as (? & ? & ? & Ht). repeat split; [done..|]. intros o' Ho'.
  destruct (Ht o' Ho') as (y & ? & ?). exists y. rewrite lookup_insert_ne; [done|congruence].
Qed.
(** Whoever has taken it up has a lower bound no later than now. *)
Lemma sound_retire e R O o b : sound e R O → O !! o = Some (Object b None) → sound e R (<[o:=Object b (Some (e, dom R))]> O).
Proof.
  intros [HR HO] Ho. split.
  - intros r x Hr. destruct (HR r x Hr) as (? & Hlo & ? & Ht). repeat split; [done..|]. intros o' Ho'.
    destruct (Ht o' Ho') as (y & Hy & Hb & Hg). destruct (decide (o' = o)) as [->|].
    + exists (Object b (Some (e, dom R))). rewrite lookup_insert. simplify_eq/=. split; [done|split; [done|]].
      intros u may [= <- <-]. split; [by eapply elem_of_dom_2|done].
    + exists y. by rewrite lookup_insert_ne.
  - intros o' y [[<- <-]|[? ?]]%lookup_insert_Some; last by eapply HO. destruct (HO o _ Ho). split; [done|]. by intros ?? [= <- <-].
Qed.
(** A record whose reader has not taken it up is out of the question from now on. *)
Lemma sound_pass e R O o b u may r x :
  sound e R O → O !! o = Some (Object b (Some (u, may))) → R !! r = Some x → o ∉ took x →
  sound e R (<[o:=Object b (Some (u, may ∖ {[r]}))]> O).
Proof.
  intros [HR HO] Ho Hx Hn. split.
  - intros r' x' Hr'. destruct (HR r' x' Hr') as (? & Hlo & ? & Ht). repeat split; [done..|]. intros o' Ho'.
    destruct (Ht o' Ho') as (y & Hy & Hb & Hg). destruct (decide (o' = o)) as [->|]; last by (exists y; rewrite lookup_insert_ne).
    exists (Object b (Some (u, may ∖ {[r]}))). rewrite lookup_insert. simplify_eq/=. split; [done|split; [done|]].
    intros u' may' [= <- <-]. destruct (Hg u may eq_refl) as [Hin ?]. split; [|done].
    apply elem_of_difference. split; [done|]. rewrite elem_of_singleton. intros ->. congruence.
  - intros o' y [[<- <-]|[? ?]]%lookup_insert_Some; last by eapply HO. destruct (HO o _ Ho) as [? Hmay]. split; [done|].
    intros ?? [= <- <-]. specialize (Hmay u may eq_refl). set_solver.
Qed.
Lemma sound_free e R O o b u : sound e R O → O !! o = Some (Object b (Some (u, ∅))) → sound e R (delete o O).
Proof.
  intros [HR HO] Ho. split; last (intros o' y [? ?]%lookup_delete_Some; by eapply HO).
  intros r x Hr. destruct (HR r x Hr) as (? & ? & ? & Ht). repeat split; [done..|]. intros o' Ho'.
  destruct (Ht o' Ho') as (y & Hy & Hb & Hg). exists y. rewrite lookup_delete_ne; [done|]. intros ->.
  rewrite Ho in Hy. injection Hy as <-. destruct (Hg u ∅ eq_refl). set_solver.
Qed.
