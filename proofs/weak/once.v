(* SPDX-License-Identifier: BSL-1.0 *)
(** once under a release/acquire memory: what the function writes is seen by whoever runs it after an exception, and by
    everybody whose call returns.

    For any number of callers and of calls. The function's effect is one cell, which a run writes and whoever returns reads.
    A failed compare-exchange, and a wait, begin anew; what they read is not learnt.

    First that nothing goes wrong with the orders of the source; then, for each of the four that are not relaxed, a run in
    which a weaker one ends in a race. *)
From iris.prelude Require Import prelude.
From sluice_weak Require Import memory.

Inductive loc := Word | Cell.
Global Instance loc_dec : EqDecision loc. Proof. solve_decision. Defined.
Notation view := (memory.view loc).
Notation msg := (memory.msg loc nat).
Notation hist := (memory.hist loc nat).
Notation idle := 0. Notation running := 1. Notation awaited := 2. Notation over := 3.

Record orders := Orders { first_look : mode; look : mode; claim : mode; settle : mode }.
Definition source : orders := Orders Sync Sync Sync Sync.

(** ** Program; pc says what comes next *)
Inductive pc := Begin | Slow | Saw (v : nat) | Run | Settle | Return | End.
Record state := State {
  H : hist; writes : nat; was_read : bool;      (* the cell: how often it was written, and whether it was read *)
  thr : nat → view * pc }.

Inductive step (o : orders) : state → state → Prop :=
| s_first M c r th τ V t m V' :
    (*@ done load#1 acquire *)
    th τ = (V, Begin) → read (first_look o) M V Word t m V' →
    step o (State M c r th) (State M c r (upd th τ (V', if decide (mval m = over) then Return else Slow)))
| s_look M c r th τ V t m V' :
    (*@ call_slowly load#1 acquire *)
    th τ = (V, Slow) → read (look o) M V Word t m V' →
    step o (State M c r th) (State M c r (upd th τ (V', if decide (mval m = over) then Return else Saw (mval m))))
| s_claim M c r th τ V t M' V' :
    (*@ call_slowly compare_exchange_weak#1 acquire/relaxed *)
    th τ = (V, Saw idle) → rmw (claim o) Rlx M V Word idle running t M' V' →
    step o (State M c r th) (State M' c r (upd th τ (V', Run)))
| s_await M c r th τ V t M' V' :
    (*@ call_slowly compare_exchange_weak#2 relaxed/relaxed *)
    th τ = (V, Saw running) → rmw Rlx Rlx M V Word running awaited t M' V' →
    step o (State M c r th) (State M' c r (upd th τ (V', Slow)))
| s_again M c r th τ V v :    (* another was faster, or it waits *)
    th τ = (V, Saw v) → step o (State M c r th) (State M c r (upd th τ (V, Slow)))
| s_run M c r th τ V :
    th τ = (V, Run) → step o (State M c r th) (State M (S c) r (upd th τ (set V Cell (S c), Settle)))
| s_settle M c r th τ V old new t M' V' :    (* idle: it has thrown *)
    (*@ settle exchange#1 release *)
    th τ = (V, Settle) → new = idle ∨ new = over → rmw Rlx (settle o) M V Word old new t M' V' →
    step o (State M c r th) (State M' c r (upd th τ (V', End)))
| s_return M c r th τ V :
    th τ = (V, Return) → step o (State M c r th) (State M c true (upd th τ (V, End)))
| s_call M c r th τ V :
    th τ = (V, End) → step o (State M c r th) (State M c r (upd th τ (V, Begin))).

(*@ of primitives/sluice/once.hpp
    path first: done load#1, call_slowly load#1, call_slowly compare_exchange_weak#1, settle exchange#1
    path again: done load#1
    path throws: done load#1, call_slowly load#1, call_slowly compare_exchange_weak#1, settle exchange#1
    path overtaken: done load#1, call_slowly load#1
    path sleeps: done load#1, call_slowly load#1, call_slowly compare_exchange_weak#2 *)

Definition init : state :=
  State (λ l t, match l, t with Word, 0 => Some (Msg idle bot) | _, _ => None end) 0 false (λ _, (bot, Begin)).
Definition reach o := rtc (step o) init.

(** somebody is about to write, or read, and has not seen all writes; or is about to write what was read *)
Definition racy s := ∃ τ V,
  (thr s τ = (V, Run) ∧ (V Cell < writes s ∨ was_read s = true)) ∨ (thr s τ = (V, Return) ∧ V Cell < writes s).

Local Arguments upd : simpl never. Local Arguments add : simpl never. Local Arguments set : simpl never.

(** ** Invariant *)
Definition busy (p : pc) := p = Run ∨ p = Settle.
Definition last_is (s : state) T (P : nat → Prop) := ∃ m, H s Word T = Some m ∧ P (mval m).
Record inv (s : state) (T : nat) : Prop := {
  i_all t : t ≤ T → is_Some (H s Word t);
  i_msg t (m : msg) : H s Word t = Some m → t ≤ T ∧ mview m Cell ≤ writes s ∧ (mval m = over → t = T);
  i_last (m : msg) : H s Word T = Some m → mval m = idle ∨ mval m = over → writes s ≤ mview m Cell;
  i_view τ : (thr s τ).1 Cell ≤ writes s;
  i_busy τ : busy (thr s τ).2 → writes s ≤ (thr s τ).1 Cell ∧ last_is s T (λ v, v = running ∨ v = awaited);
  i_one τ τ' : busy (thr s τ).2 → busy (thr s τ').2 → τ = τ';
  i_return τ : (thr s τ).2 = Return → writes s ≤ (thr s τ).1 Cell ∧ last_is s T (λ v, v = over);
  i_read : was_read s = true → last_is s T (λ v, v = over) }.

Lemma inv_init : inv init 0.
Proof.
  split; simpl; try done.
  - intros t ?. assert (t = 0) as -> by lia. eauto.
  - intros [|t] m; intros [= <-]; simpl. repeat split; try done; lia.
  - intros m [= <-] _. simpl. lia.
  - intros τ [|]; done.
  - intros τ τ' [|]; done.
Qed.

(** a step of one thread that leaves memory and cell alone *)
Lemma inv_thread s T τ V p :
  inv s T → (thr s τ).1 Cell ≤ V Cell → V Cell ≤ writes s → ¬ busy p →
  (p = Return → writes s ≤ V Cell ∧ last_is s T (λ v, v = over)) →
  ∀ r, (r = true → last_is s T (λ v, v = over)) → inv (State (H s) (writes s) r (upd (thr s) τ (V, p))) T.
Proof.
  intros [] HV HV' Hb Hr r Hrd. split; simpl; try done.
  - intros τ'. destruct (decide (τ' = τ)) as [->|]; [by rewrite upd_eq|by rewrite upd_ne].
  - intros τ'. destruct (decide (τ' = τ)) as [->|]; [by rewrite upd_eq|rewrite upd_ne //]. by apply i_busy0.
  - intros τ1 τ2. destruct (decide (τ1 = τ)) as [->|]; [by rewrite upd_eq|rewrite (upd_ne _ τ _ τ1) //].
    destruct (decide (τ2 = τ)) as [->|]; [by rewrite upd_eq|rewrite upd_ne //]. by apply i_one0.
  - intros τ'. destruct (decide (τ' = τ)) as [->|]; [by rewrite upd_eq|rewrite upd_ne //]. by apply i_return0.
Qed.

(** what is read by an acquire load *)
Lemma read_view (M : hist) V t m V' : read Sync M V Word t m V' → V' Cell = V Cell `max` mview m Cell.
Proof. intros (_ & _ & ->). unfold vjoin, bump, set. by case_decide. Qed.

(** a step that appends a message: nobody has read, and nobody is about to *)
Lemma inv_append s T τ V p (m : msg) :
  inv s T → last_is s T (λ v, v ≠ over) → (thr s τ).1 Cell ≤ V Cell → V Cell ≤ writes s → mview m Cell ≤ writes s →
  (mval m = idle ∨ mval m = over → writes s ≤ mview m Cell) →
  (∀ τ', τ' ≠ τ → busy (thr s τ').2 → mval m = running ∨ mval m = awaited) →
  (busy p → writes s ≤ V Cell ∧ (mval m = running ∨ mval m = awaited) ∧ ∀ τ', τ' ≠ τ → ¬ busy (thr s τ').2) →
  p ≠ Return →
  inv (State (add (H s) Word (S T) m) (writes s) (was_read s) (upd (thr s) τ (V, p))) (S T).
Proof.
  intros I (m0 & Hm0 & Hno) HV HV' Hmv Hml Hoth Hb Hp. destruct I as [Hall Hmsg Hlast Hview Hbusy Hone Hret Hread].
  assert (∀ P, last_is s T P → P (mval m0)) as HP by (intros P (m1 & Hm1 & ?); congruence).
  assert (∀ (P : nat → Prop), P (mval m) → last_is (State (add (H s) Word (S T) m) (writes s) (was_read s) (upd (thr s) τ (V, p))) (S T) P) as Hnew
    by (intros P ?; exists m; simpl; by rewrite add_eq).
  split; simpl.
  - intros t Ht. unfold add. case_decide as E; [eauto|].
    apply Hall. destruct (decide (t = S T)) as [->|]; [by destruct E|lia].
  - intros t m1. unfold add. case_decide as E.
    + intros [= <-]. destruct E as [_ ->]. repeat split; auto.
    + intros H1. destruct (Hmsg _ _ H1) as (? & ? & Ho). repeat split; [lia|done|]. intros E1.
      specialize (Ho E1). subst. assert (m1 = m0) as -> by congruence. done.
  - intros m1. rewrite add_eq. intros [= <-]. done.
  - intros τ'. destruct (decide (τ' = τ)) as [->|]; [by rewrite upd_eq|by rewrite upd_ne].
  - intros τ'. destruct (decide (τ' = τ)) as [->|]; [rewrite upd_eq|rewrite upd_ne //]; simpl.
    + intros Hbu. destruct (Hb Hbu) as (? & ? & _). auto.
    + intros Hbu. split; [by apply Hbusy|]. apply Hnew. by eapply Hoth.
  - intros τ1 τ2. destruct (decide (τ1 = τ)) as [->|]; [rewrite upd_eq|rewrite (upd_ne _ τ _ τ1) //];
      (destruct (decide (τ2 = τ)) as [->|]; [rewrite upd_eq|rewrite upd_ne //]); simpl; intros B1 B2; try done.
    + destruct (Hb B1) as (_ & _ & Hn). by destruct (Hn τ2).
    + destruct (Hb B2) as (_ & _ & Hn). by destruct (Hn τ1).
    + by apply Hone.
  - intros τ'. destruct (decide (τ' = τ)) as [->|]; [rewrite upd_eq|rewrite upd_ne //]; simpl; [done|].
    intros Hr. destruct (Hret _ Hr) as [_ ?%HP]. done.
  - intros Hr. apply Hread, HP in Hr. done.
Qed.

Lemma at_the_end s T t : inv s T → is_Some (H s Word t) → H s Word (S t) = None → t = T.
Proof.
  intros I [m Hm] Hno. destruct (i_msg _ _ I _ _ Hm) as [Ht _]. destruct (decide (t = T)); [done|].
  destruct (i_all _ _ I (S t)) as [??]; [lia|congruence].
Qed.

Lemma inv_step s s' T : inv s T → step source s s' → ∃ T', inv s' T'.
Proof.
  intros I Hs. pose proof I as [Hall Hmsg Hlast Hview Hbusy Hone Hret Hread].
  destruct Hs as
    [ M c r th τ V t m V' Hτ Hr | M c r th τ V t m V' Hτ Hr | M c r th τ V t M' V' Hτ Hr | M c r th τ V t M' V' Hτ Hr
    | M c r th τ V v Hτ | M c r th τ V Hτ | M c r th τ V old new t M' V' Hτ Hn Hr | M c r th τ V Hτ | M c r th τ V Hτ ];
    simpl in *; pose proof (Hview τ) as HV; rewrite Hτ /= in HV.
  1, 2: exists T; pose proof (read_view _ _ _ _ _ Hr) as EV; destruct Hr as (Hm & _ & _);
    destruct (Hmsg _ _ Hm) as (_ & Hmc & Hov);
    apply (inv_thread (State M c r th) T τ V' _ I); simpl; rewrite ?Hτ /=; try done; try lia;
    [case_decide; intros [|]; done|];
    case_decide as E; [intros _|done]; specialize (Hov E); subst t; specialize (Hlast _ Hm (or_intror E));
    (split; [lia|by exists m]).
  - (* claim *)
    destruct Hr as (m & Hm & _ & Hold & Hno & EV & ->). simpl in EV.
    assert (t = T) as -> by (eapply (at_the_end _ _ _ I); simpl; eauto).
    destruct (Hmsg _ _ Hm) as (_ & Hmc & _). specialize (Hlast _ Hm (or_introl Hold)).
    assert (∀ τ', ¬ busy (th τ').2) as Hnob.
    { intros τ' Hb. destruct (Hbusy _ Hb) as [_ (m1 & Hm1 & Hv)]. simpl in *. assert (m1 = m) as -> by congruence. lia. }
    assert (V' Cell = V Cell `max` mview m Cell) as EC by (subst V'; rewrite set_ne //).
    exists (S T). apply (inv_append (State M c r th) T τ V' Run _ I); simpl; rewrite ?Hτ ?set_ne //=; try lia.
    all: first [done | (exists m; by rewrite Hold) | (by intros [|]) | (intros τ' _ Hb; by destruct (Hnob τ')) | idtac].
    intros _. repeat split; [lia|by left|auto].
  - (* await *)
    destruct Hr as (m & Hm & _ & Hold & Hno & EV & ->). simpl in EV.
    assert (t = T) as -> by (eapply (at_the_end _ _ _ I); simpl; eauto).
    destruct (Hmsg _ _ Hm) as (_ & Hmc & _). assert (V' Cell = V Cell) as EC by (subst V'; rewrite set_ne //).
    exists (S T). apply (inv_append (State M c r th) T τ V' Slow _ I); simpl; rewrite ?Hτ ?set_ne //=; try lia.
    all: first [done | (exists m; by rewrite Hold) | (by intros [|]) | (intros; by right)].
  - exists T. apply (inv_thread (State M c r th) T τ V Slow I); simpl; rewrite ?Hτ //. intros [|]; done.
  - (* run *)
    destruct (Hbusy τ) as [Hc Hl]; [rewrite Hτ; by left|]. exists T. split; simpl; try done.
    + intros t m Hm. destruct (Hmsg _ _ Hm) as (? & ? & ?). repeat split; [done|lia|done].
    + intros m Hm Hv. destruct Hl as (m1 & Hm1 & Hl). simpl in *. assert (m1 = m) as -> by congruence. lia.
    + intros τ'. destruct (decide (τ' = τ)) as [->|]; [rewrite upd_eq /= set_eq //|rewrite upd_ne //]. specialize (Hview τ'). lia.
    + intros τ'. destruct (decide (τ' = τ)) as [->|Hne]; [rewrite upd_eq /= set_eq //|rewrite upd_ne //].
      intros Hb. destruct Hne. apply Hone; [done|rewrite Hτ; by left].
    + intros τ1 τ2. destruct (decide (τ1 = τ)) as [->|]; [rewrite upd_eq|rewrite (upd_ne _ τ _ τ1) //];
        (destruct (decide (τ2 = τ)) as [->|]; [rewrite upd_eq|rewrite upd_ne //]); simpl; intros B1 B2; try done.
      * apply Hone; [rewrite Hτ; by left|done].
      * apply Hone; [done|rewrite Hτ; by left].
      * by apply Hone.
    + intros τ'. destruct (decide (τ' = τ)) as [->|]; [by rewrite upd_eq|rewrite upd_ne //]. intros Hr.
      destruct (Hret _ Hr) as [_ (m1 & Hm1 & H1)]. destruct Hl as (m2 & Hm2 & H2). simpl in *.
      assert (m1 = m2) as -> by congruence. lia.
  - (* settle *)
    destruct (Hbusy τ) as [Hc Hl]; [rewrite Hτ; by right|]. rewrite Hτ /= in Hc.
    destruct Hr as (m & Hm & _ & Hold & Hno & EV & ->). simpl in EV.
    assert (t = T) as -> by (eapply (at_the_end _ _ _ I); simpl; eauto).
    destruct (Hmsg _ _ Hm) as (_ & Hmc & _). assert (V' Cell = V Cell) as EC by (subst V'; rewrite set_ne //).
    assert (mview m Cell ≤ c ∧ (V Cell `max` mview m Cell) = c) as [_ EM] by lia.
    exists (S T). apply (inv_append (State M c r th) T τ V' End _ I); simpl; rewrite ?Hτ ?set_ne //=; unfold vjoin; try lia.
    all: first [done | (by intros [|]) | idtac].
    + destruct Hl as (m1 & Hm1 & Hl). exists m1. split; [done|]. simpl in *. lia.
    + intros τ' Hne Hb. destruct Hne. apply Hone; [done|rewrite Hτ; by right].
  - (* return *)
    destruct (Hret τ) as [Hc Hl]; [by rewrite Hτ|].
    exists T. apply (inv_thread (State M c r th) T τ V End I); simpl; rewrite ?Hτ //. intros [|]; done.
  - exists T. apply (inv_thread (State M c r th) T τ V Begin I); simpl; rewrite ?Hτ //. intros [|]; done.
Qed.

(** ** With the orders of the source *)
Theorem callers_are_safe s : reach source s → ¬ racy s.
Proof.
  intros Hr. assert (∃ T, inv s T) as [T I].
  { unfold reach in Hr. remember init as s0 eqn:E0.
    assert (∃ T, inv s0 T) as Hi by (subst; eexists; apply inv_init).
    clear E0. induction Hr as [|s1 s2 s3 Hst _ IH]; [done|]. apply IH. destruct Hi as [T1 H1]. by eapply inv_step. }
  intros (τ & V & [[Hτ Hx]|[Hτ Hx]]).
  - destruct (i_busy _ _ I τ) as [Hc (m & Hm & Hv)]; [rewrite Hτ; by left|]. rewrite Hτ /= in Hc. destruct Hx as [|Hx]; [lia|].
    destruct (i_read _ _ I Hx) as (m' & Hm' & H'). assert (m' = m) as -> by congruence. lia.
  - destruct (i_return _ _ I τ) as [Hc _]; [by rewrite Hτ|]. rewrite Hτ /= in Hc. lia.
Qed.

(** ** With one order weaker: a race *)
Ltac known := vm_compute; lia.
Ltac begins τ t := eapply rtc_l; [eapply (s_first _ _ _ _ _ τ _ t);
  [reflexivity|split; [reflexivity|split; [known|reflexivity]]]|]; simpl.
Ltac looks τ t := eapply rtc_l; [eapply (s_look _ _ _ _ _ τ _ t);
  [reflexivity|split; [reflexivity|split; [known|reflexivity]]]|]; simpl.
Ltac claims τ t := eapply rtc_l; [eapply (s_claim _ _ _ _ _ τ _ t);
  [reflexivity|eexists; split; [reflexivity|split; [known|done]]]|]; simpl.
Ltac runs τ := eapply rtc_l; [eapply (s_run _ _ _ _ _ τ); reflexivity|]; simpl.
Ltac settles τ new t := eapply rtc_l; [eapply (s_settle _ _ _ _ _ τ _ _ new t);
  [reflexivity|by (left + right)|eexists; split; [reflexivity|split; [known|done]]]|]; simpl.
(* thread 0 runs it, and leaves the word at `new`, 0 for idle, 3 for over, in message 2 *)
Ltac one_runs new := begins 0 0; looks 0 0; claims 0 0; runs 0; settles 0 new 1.

Theorem relaxed_settle_races : ∃ s, reach (Orders Sync Sync Sync Rlx) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; one_runs 3; begins 1 2; apply rtc_refl|].
  eexists 1, _. right. split; [reflexivity|known].
Qed.
Theorem relaxed_first_look_races : ∃ s, reach (Orders Rlx Sync Sync Sync) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; one_runs 3; begins 1 2; apply rtc_refl|].
  eexists 1, _. right. split; [reflexivity|known].
Qed.
Theorem relaxed_look_races : ∃ s, reach (Orders Sync Rlx Sync Sync) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; begins 1 0; one_runs 3; looks 1 2; apply rtc_refl|].
  eexists 1, _. right. split; [reflexivity|known].
Qed.
(* it has thrown; the next one has seen an older "idle" *)
Theorem relaxed_claim_races : ∃ s, reach (Orders Sync Sync Rlx Sync) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; one_runs 0; begins 1 0; looks 1 0; claims 1 2; apply rtc_refl|].
  eexists 1, _. left. split; [reflexivity|left; known].
Qed.
